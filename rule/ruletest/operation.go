package ruletest

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/rule"
)

// operation is one command of a script, or one step of a history. Its String is the command that means it.
type operation interface {
	// apply carries it out, or complains of what the evaluator does not get right.
	apply(e Evaluator) error
	fmt.Stringer
}

type imported struct {
	persons []string
	country string
}

func (o imported) apply(e Evaluator) error {
	for _, p := range o.persons {
		if err := e.Import(p, o.country); err != nil {
			return err
		}
	}
	return nil
}

func (o imported) String() string {
	s := "person " + strings.Join(foldNames(o.persons), ",")
	if o.country != "" {
		s += " country=" + o.country
	}
	return s
}

type happened struct {
	persons []string
	facet   parterre.Facet
	at      parterre.Stamp
}

func (o happened) apply(e Evaluator) error {
	for _, p := range o.persons {
		if err := e.Happen(p, o.facet, o.at); err != nil {
			return err
		}
	}
	return nil
}

func (o happened) String() string {
	f, who := o.facet, strings.Join(foldNames(o.persons), ",")
	var b strings.Builder
	option := func(name, value string, is bool) {
		if is {
			fmt.Fprintf(&b, " %s=%s", name, quoteWord(value))
		}
	}
	if f.Kind == parterre.Conversion {
		fmt.Fprintf(&b, "event %s %s at=%s", who, quoteWord(f.Name), momentString(int64(o.at)))
		option("source", string(f.Source), f.Source != parterre.Web)
		option("ingestion", string(f.Ingestion), f.Ingestion != parterre.FromConversionsAPI)
		option("tag", f.Tag.String(), f.Tag != 0)
	} else {
		fmt.Fprintf(&b, "engage %s %s at=%s", who, f.Type, momentString(int64(o.at)))
		option("pin", f.Pin.String(), f.Pin != 0)
		option("ad", f.Ad.String(), f.Ad != 0)
		option("campaign", f.Campaign.String(), f.Campaign != 0)
		option("objective", f.Objective, f.Objective != "")
		option("domain", f.Domain, f.Domain != "")
	}
	option("account", f.Account.String(), f.Account != 1)
	option("url", f.URL, f.URL != "")
	if data := eventDataString(f.Data); data != "{}" {
		b.WriteString(" data=" + data)
	}
	return b.String()
}

type listed struct {
	list    parterre.ID
	remove  bool
	persons []string
}

func (o listed) apply(e Evaluator) error { return e.ChangeList(o.list, o.remove, o.persons) }

func (o listed) String() string {
	verb := "add"
	if o.remove {
		verb = "remove"
	}
	return fmt.Sprintf("list %s %s %s", o.list, verb, strings.Join(foldNames(o.persons), " "))
}

type set struct {
	audience, account parterre.ID
	kind              parterre.AudienceType
	rule              string
	at                int64
	refused           bool
	message           string // a part of the message, when the rule is to be refused
}

// rulePath is where a rule stands in the body of a request.
const rulePath = "rule"

func (o set) apply(e Evaluator) error {
	r, err := rule.Decode(rulePath, o.kind, []byte(o.rule))
	switch {
	case err != nil && o.refused:
		return checkRefusal(err, o.message)
	case err != nil:
		return fmt.Errorf("the rule is refused: %w", err)
	case o.refused:
		return fmt.Errorf("the rule is accepted, but it should be refused with %q", o.message)
	}
	return e.Set(o.audience, o.account, r, o.at)
}

func (o set) String() string {
	s := fmt.Sprintf("audience %s %s %s", o.audience, o.kind, o.rule)
	if o.refused { // options might be taken for a part of the rule, and mean nothing
		return s + "\nerror: " + o.message
	}
	s += " at=" + momentString(o.at)
	if o.account != 1 {
		s += " account=" + o.account.String()
	}
	return s
}

// checkRefusal holds an error to the house rule: it blames the caller, and names the member that is wrong.
func checkRefusal(err error, part string) error {
	var e *parterre.Error
	if !errors.As(err, &e) || e.Code != parterre.InvalidRequest {
		return fmt.Errorf("the rule is refused with an error that is not of code InvalidRequest: %w", err)
	}
	member := e.Field[strings.LastIndexByte(e.Field, '.')+1:]
	if !strings.HasPrefix(e.Field, rulePath) || !strings.Contains(e.Public, member) {
		return fmt.Errorf("the error is about the field %q, but its message does not name it: %s", e.Field, e.Public)
	}
	if !strings.Contains(e.Public, part) {
		return fmt.Errorf("the rule is refused with another message: %s", e.Public)
	}
	return nil
}

type removed struct{ audience parterre.ID }

func (o removed) apply(e Evaluator) error { return e.Remove(o.audience) }

func (o removed) String() string { return "remove " + o.audience.String() }

type asked struct {
	audience parterre.ID
	at       int64
	want     []string // sorted
}

func (o asked) apply(e Evaluator) error {
	got, err := e.Members(o.audience, o.at)
	if err != nil {
		return err
	}
	got = slices.Clone(got)
	slices.Sort(got)
	if slices.Equal(got, o.want) {
		return nil
	}
	return errors.New(differences(got, o.want))
}

func (o asked) String() string {
	return fmt.Sprintf("members %s at=%s\n%s\n", o.audience, momentString(o.at), namesOrNobody(o.want))
}

// differences says what is wrong with sorted names.
func differences(got, want []string) string {
	var missing, extra []string
	for _, w := range want {
		if _, found := slices.BinarySearch(got, w); !found {
			missing = append(missing, w)
		}
	}
	for i, g := range got {
		if _, found := slices.BinarySearch(want, g); !found || i > 0 && got[i-1] == g {
			extra = append(extra, g)
		}
	}
	return fmt.Sprintf("the members are wrong\n  got:     %s\n  want:    %s\n  missing: %s\n  extra:   %s",
		namesOrNobody(got), namesOrNobody(want), namesOrNobody(missing), namesOrNobody(extra))
}

func namesOrNobody(names []string) string {
	if len(names) == 0 {
		return "nobody"
	}
	return strings.Join(foldNames(names), " ")
}

// abridge keeps the first line of a command, for an error message.
func abridge(command string) string {
	line, _, _ := strings.Cut(command, "\n")
	return line
}
