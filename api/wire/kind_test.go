package wire_test

import (
	"flag"
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/parterre/parterre/api/wire"
)

var update = flag.Bool("update", false, "write the page of errors")

// pageOfErrors is made from the catalogue: go generate ./api/wire writes it.
const pageOfErrors = "../../docs/errors.md"

func TestThePageOfErrorsIsMadeFromTheCatalogue(t *testing.T) {
	want := page()
	if *update {
		if err := os.WriteFile(pageOfErrors, []byte(want), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(pageOfErrors)
	if err != nil {
		t.Fatal(err)
	}
	if strings.ReplaceAll(string(got), "\r\n", "\n") != want {
		t.Error("docs/errors.md is not what the catalogue says: run go generate ./api/wire")
	}
}

const beginning = `# Errors

This page is made from the catalogue in ` + "`api/wire/kind.go`" + `, which the service answers from: ` + "`go generate ./api/wire`" + `
writes it.

The body of an error is ` + "`{\"code\": …, \"message\": …}`" + `: the code is a number, and the message names the field that is wrong
and says what is allowed. Some have ` + "`status` or `details`" + ` beside them. Switch on the HTTP status and the code; a message may
be worded better one day.

*Source* says how it is known that the vendor's service answers so. *Published*: status and code stand together in its
documentation. *Recorded*: they were seen in its answers. *Inferred*: one of the two is published, or neither, and the
rest is Parterre's decision.

| HTTP | code | source | when |
|---|---|---|---|
`

// page is the page of errors.
func page() string {
	var b, examples strings.Builder
	b.WriteString(beginning)
	for _, k := range wire.Catalogue {
		status, number, when, source, example := k.Parts()
		fmt.Fprintf(&b, "| %d | %d | %s | %s |\n", status, number, source, when)
		fmt.Fprintf(&examples, "\n* %d, %d:\n  `%s`", status, number, strings.ReplaceAll(example, "\n", `\n`))
	}
	return b.String() + "\nA message of each, as it stands in the JSON:\n" + examples.String() + "\n"
}

func TestTheCatalogueIsInOrderAndWhole(t *testing.T) {
	lastStatus, lastNumber := 0, 0
	for _, k := range wire.Catalogue {
		status, number, when, source, example := k.Parts()
		if status < lastStatus || status == lastStatus && number < lastNumber {
			t.Errorf("%d with %d comes after %d with %d", status, number, lastStatus, lastNumber)
		}
		lastStatus, lastNumber = status, number
		if http.StatusText(status) == "" || status < 400 || when == "" || source == "" || example == "" {
			t.Errorf("the entry of %d with %d is not whole", status, number)
		}
	}
}
