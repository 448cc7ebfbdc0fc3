package cli

import (
	"bufio"
	"context"
	"errors"
	"io"
	"iter"
	"strings"

	"github.com/spf13/cobra"

	"github.com/parterre/parterre/client"
	"github.com/parterre/parterre/internal/terminal"
)

// batch is how many records go in one request: as many as the service takes.
const batch = 50_000

func listsCommand(s *session) *cobra.Command {
	return group("lists", "List, create and read customer lists, and change their records",
		listsList(s), listsGet(s), listsCreate(s),
		listsChange(s, "add", client.OperationAdd, "Add records to a customer list"),
		listsChange(s, "remove", client.OperationRemove, "Remove records from a customer list"), listsUpload(s))
}

func listsList(s *session) *cobra.Command {
	var o client.ListOptions
	var limit int
	cmd := &cobra.Command{
		Use: "list", Short: "List the customer lists of the ad account", Args: Args(cobra.NoArgs),
		RunE: s.run(func(ctx context.Context, c *client.Client, out io.Writer, _ []string) error {
			return list[client.CustomerList]{
				columns: []terminal.Column{
					{Name: "id"},
					{Name: "name"},
					{Name: "uploaded", Right: true},
					{Name: "removed", Right: true},
					{Name: "status"},
					{Name: "updated"},
				},
				row: func(l client.CustomerList) []string {
					return []string{
						l.ID, l.Name, terminal.Thousands(l.UploadedRecords), terminal.Thousands(l.RemovedRecords), l.Status,
						moment(l.UpdatedTime),
					}
				},
				none: "There are no customer lists.",
			}.show(s, out, c.CustomerLists(ctx, s.account, o), limit)
		}),
	}
	listFlags(cmd, &o, &limit)
	return cmd
}

func (s *session) showList(w io.Writer, l client.CustomerList) error {
	return s.show(w, l, [][2]string{
		{"id", l.ID},
		{"name", l.Name},
		{"batches", terminal.Thousands(l.Batches)},
		{"uploaded", terminal.Thousands(l.UploadedRecords)},
		{"removed", terminal.Thousands(l.RemovedRecords)},
		{"status", l.Status},
		{"created", moment(l.CreatedTime)},
		{"updated", moment(l.UpdatedTime)},
	})
}

func listsGet(s *session) *cobra.Command {
	return &cobra.Command{
		Use: "get ID", Short: "Read a customer list", Args: Args(cobra.ExactArgs(1)),
		RunE: s.run(func(ctx context.Context, c *client.Client, out io.Writer, args []string) error {
			l, err := c.CustomerList(ctx, s.account, args[0])
			if err != nil {
				return err
			}
			return s.showList(out, l)
		}),
	}
}

// recordsHelp says what a file of records holds.
const recordsHelp = "The file has e-mail addresses, mobile advertising ids or digests of either, one a line or separated by\n" +
	"commas; - is the standard input. Of a large file %d records go in a request."

func listsCreate(s *session) *cobra.Command {
	var n client.CustomerListCreate
	var file string
	var wait bool
	cmd := &cobra.Command{
		Use: "create", Short: "Create a customer list from a file of records", Args: Args(cobra.NoArgs),
		Long: "Create a customer list.\n\n" + strings.ReplaceAll(recordsHelp, "%d", "50,000"),
	}
	cmd.RunE = s.run(func(ctx context.Context, c *client.Client, out io.Writer, _ []string) error {
		l, err := s.send(cmd, file, func(l client.CustomerList, records []string) (client.CustomerList, error) {
			if l.ID == "" {
				n.Records = records
				return c.CreateCustomerList(ctx, s.account, n)
			}
			return c.UpdateCustomerList(ctx, s.account, l.ID, client.CustomerListUpdate{Operation: client.OperationAdd, Records: records})
		})
		return s.sent(ctx, c, out, l, err, wait)
	})
	flags := cmd.Flags()
	flags.StringVar(&n.Name, "name", "", "what it is called")
	flags.StringVar(&n.ListType, "type", "", "EMAIL, which is the default, IDFA, MAID, LR_ID, DLX_ID or HASHED_PINNER_ID: a label")
	flags.StringVar(&file, "file", "", "the file of records, or -")
	flags.BoolVar(&wait, "wait", false, "wait until the records are matched")
	return required(cmd, "name", "file")
}

func listsChange(s *session, name, operation, short string) *cobra.Command {
	var file string
	var wait bool
	cmd := &cobra.Command{
		Use: name + " ID", Short: short, Args: Args(cobra.ExactArgs(1)),
		Long: short + ".\n\n" + strings.ReplaceAll(recordsHelp, "%d", "50,000"),
	}
	cmd.RunE = s.run(func(ctx context.Context, c *client.Client, out io.Writer, args []string) error {
		l, err := s.send(cmd, file, func(_ client.CustomerList, records []string) (client.CustomerList, error) {
			return c.UpdateCustomerList(ctx, s.account, args[0], client.CustomerListUpdate{Operation: operation, Records: records})
		})
		return s.sent(ctx, c, out, l, err, wait)
	})
	cmd.Flags().StringVar(&file, "file", "", "the file of records, or -")
	cmd.Flags().BoolVar(&wait, "wait", false, "wait until the records are matched")
	return required(cmd, "file")
}

// send hands the records of a file on, batch by batch, with the customer list as the batch before left it.
func (s *session) send(
	cmd *cobra.Command, file string, take func(client.CustomerList, []string) (client.CustomerList, error),
) (l client.CustomerList, err error) {
	f, size, err := openSized(file, cmd.InOrStdin())
	if err != nil {
		return l, err
	}
	defer func() { _ = f.Close() }()
	progress := longWork(cmd, size)
	defer progress.Close()
	sent := false
	for records, err := range batches(f) {
		if err != nil {
			return l, err
		}
		if l, err = take(l, records); err != nil {
			return l, err
		}
		sent = true
		for _, r := range records {
			progress.Add(len(r) + 1)
		}
	}
	if !sent {
		return l, usageErrorf("%s holds no records", file)
	}
	return l, nil
}

// sent shows what became of a customer list. After an error it says which list holds a part of the records.
func (s *session) sent(ctx context.Context, c *client.Client, out io.Writer, l client.CustomerList, err error, wait bool) error {
	if err != nil {
		if l.ID != "" {
			err = errors.Join(err, s.showList(out, l))
		}
		return err
	}
	if wait {
		if l, err = c.WaitForCustomerList(ctx, s.account, l.ID); err != nil {
			return err
		}
	}
	return s.showList(out, l)
}

// batches yields the records of a file, as many at a time as go in one request.
func batches(r io.Reader) iter.Seq2[[]string, error] {
	return func(yield func([]string, error) bool) {
		lines := bufio.NewScanner(r)
		lines.Buffer(nil, 1<<26)
		lines.Split(scanRecords)
		var records []string
		for lines.Scan() {
			if record := strings.TrimSpace(lines.Text()); record != "" {
				records = append(records, record)
			}
			if len(records) == batch {
				if !yield(records, nil) {
					return
				}
				records = nil
			}
		}
		if err := lines.Err(); err != nil {
			yield(nil, err)
			return
		}
		if len(records) > 0 {
			yield(records, nil)
		}
	}
}

// scanRecords splits at commas and line breaks.
func scanRecords(data []byte, atEOF bool) (advance int, record []byte, err error) {
	for i, c := range data {
		if c == ',' || c == '\n' || c == '\r' {
			return i + 1, data[:i], nil
		}
	}
	if atEOF && len(data) > 0 {
		return len(data), data, nil
	}
	return 0, nil, nil
}
