package cli

import (
	"context"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/parterre/parterre/client"
	"github.com/parterre/parterre/internal/terminal"
)

func listsUpload(s *session) *cobra.Command {
	var file string
	var remove bool
	cmd := &cobra.Command{
		Use: "upload ID", Short: "Upload a file of records of any size", Args: Args(cobra.ExactArgs(1)),
		Long: "Add the records of a file to a customer list, or remove them. The file goes in parts and is read in the background;\n" +
			"the command waits for the end and says how many records were not valid, and why.",
	}
	cmd.RunE = s.run(func(ctx context.Context, c *client.Client, out io.Writer, args []string) error {
		f, err := os.Open(file)
		if err != nil {
			return err
		}
		defer func() { _ = f.Close() }()
		info, err := f.Stat()
		if err != nil {
			return err
		}
		if !info.Mode().IsRegular() {
			return usageErrorf("--file %s must be a file: lists add takes a pipe", file)
		}
		operation := client.OperationAdd
		if remove {
			operation = client.OperationRemove
		}
		progress := longWork(cmd, int(info.Size()))
		u, err := c.UploadCustomerList(ctx, s.account, args[0], operation, f, info.Size(), func(n int64) { progress.Add(int(n)) })
		progress.Close()
		if err != nil {
			return err
		}
		return s.showUpload(out, u)
	})
	cmd.Flags().StringVar(&file, "file", "", "the file of records")
	cmd.Flags().BoolVar(&remove, "remove", false, "remove the records from the list instead")
	return required(cmd, "file")
}

func (s *session) showUpload(w io.Writer, u client.Upload) error {
	lines := [][2]string{{"upload", u.ID}, {"state", u.State}}
	if u.Records != nil {
		lines = append(lines, [2]string{"processed", terminal.Thousands(u.Records.Processed)},
			[2]string{"valid", terminal.Thousands(u.Records.Valid)}, [2]string{"invalid", terminal.Thousands(u.Records.Invalid)})
	}
	for _, e := range u.Errors {
		lines = append(lines, [2]string{fmt.Sprintf("error %d", e.Code), terminal.Thousands(e.Count) + "  " + e.Message})
	}
	if err := s.show(w, u, lines); err != nil {
		return err
	}
	if u.State == client.UploadFailed {
		return &partly{"the upload failed"}
	}
	return nil
}
