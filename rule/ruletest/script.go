package ruletest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/parterre/parterre"
)

// line is an operation and where it stands in its script.
type line struct {
	number int
	do     operation
}

// parseScript reads a whole script. Its errors begin with the file and the line.
func parseScript(name, text string) ([]line, error) {
	p := parser{rest: strings.Split(text, "\n")}
	var lines []line
	for len(p.rest) > 0 {
		number := p.read + 1
		command := p.next()
		if strings.TrimSpace(command) == "" || command[0] == '#' {
			continue
		}
		parts := []string{command}
		for len(p.rest) > 0 && strings.HasPrefix(p.rest[0], " ") {
			parts = append(parts, strings.TrimSpace(p.next()))
		}
		do, err := p.operation(strings.Join(parts, " "))
		if err != nil {
			return nil, fmt.Errorf("%s:%d: %w", name, number, err)
		}
		lines = append(lines, line{number, do})
	}
	return lines, nil
}

// parser goes through the lines of a script.
type parser struct {
	rest   []string // lines not yet read
	read   int      // how many have been
	latest int64    // the latest moment that the script has named
}

func (p *parser) next() string {
	l := p.rest[0]
	p.rest = p.rest[1:]
	p.read++
	return strings.TrimRight(l, " \r")
}

func (p *parser) operation(command string) (operation, error) {
	words, options, err := split(command)
	if err != nil {
		return nil, err
	}
	a := args{words: words[1:], options: options, latest: &p.latest}
	var do operation
	switch words[0] {
	case "person":
		do = imported{persons: a.persons(), country: a.option("country", "")}
	case "event":
		do = happened{persons: a.persons(), facet: a.conversion(), at: a.stamp()}
	case "engage":
		do = happened{persons: a.persons(), facet: a.engagement(), at: a.stamp()}
	case "list":
		do = a.list()
	case "audience":
		do = p.audience(&a)
	case "remove":
		do = removed{a.id("the audience")}
	case "members":
		do = p.members(&a)
	default:
		return nil, fmt.Errorf("unknown command %q", words[0])
	}
	return do, a.done()
}

func (p *parser) audience(a *args) operation {
	s := set{audience: a.id("the audience")}
	s.kind = parse(a, "audience type", a.word("the audience type"), parterre.ParseAudienceType)
	s.rule = a.word("the rule")
	s.account = a.idOption("account", "1")
	s.at = p.latest
	if at := a.option("at", ""); at != "" {
		s.at = a.moment(at)
	}
	if len(p.rest) > 0 && strings.HasPrefix(p.rest[0], "error:") {
		s.refused = true
		s.message = strings.TrimSpace(strings.TrimPrefix(p.next(), "error:"))
		a.check(s.message != "", "the error: says nothing")
	}
	return s
}

func (p *parser) members(a *args) operation {
	m := asked{audience: a.id("the audience")}
	m.at = a.moment(a.option("at", ""))
	var words []string
	for len(p.rest) > 0 && strings.TrimSpace(p.rest[0]) != "" {
		words = append(words, strings.Fields(p.next())...)
	}
	a.check(len(words) > 0, "the names are missing, or nobody")
	if slices.Equal(words, []string{"nobody"}) {
		return m
	}
	for _, w := range words {
		m.want = append(m.want, a.names(w)...)
	}
	a.check(slices.IsSorted(m.want), "the names are not sorted")
	return m
}

// args are the words and options behind a command, taken one after the other. The first thing that is wrong stays.
type args struct {
	words   []string
	options map[string]string
	latest  *int64
	err     error
}

func (a *args) check(ok bool, format string, values ...any) {
	if !ok && a.err == nil {
		a.err = fmt.Errorf(format, values...)
	}
}

// done refuses what nobody asked for.
func (a *args) done() error {
	a.check(len(a.words) == 0, "too many words: %q", a.words)
	a.check(len(a.options) == 0, "unknown options: %q", slices.Sorted(maps.Keys(a.options)))
	return a.err
}

func (a *args) word(what string) string {
	if len(a.words) == 0 {
		a.check(false, "%s is missing", what)
		return ""
	}
	w := a.words[0]
	a.words = a.words[1:]
	return w
}

// text takes a word that may be in double quotes, as a JSON string.
func (a *args) text(what string) string {
	s, err := unquote(a.word(what))
	a.check(err == nil, "%s: %w", what, err)
	return s
}

func (a *args) option(name, otherwise string) string {
	v, ok := a.options[name]
	if !ok {
		return otherwise
	}
	delete(a.options, name)
	return v
}

func (a *args) id(what string) parterre.ID { return parse(a, what, a.word(what), parterre.ParseID) }

func (a *args) idOption(name, otherwise string) parterre.ID {
	return parse(a, name, a.option(name, otherwise), parterre.ParseID)
}

func (a *args) persons() []string { return a.names(a.word("the person")) }

func (a *args) names(word string) []string {
	names, err := unfoldNames(word)
	a.check(err == nil, "%w", err)
	return names
}

func (a *args) moment(s string) int64 {
	at, err := parseMoment(s)
	a.check(err == nil, "%w", err)
	*a.latest = max(*a.latest, at)
	return at
}

func (a *args) stamp() parterre.Stamp {
	s, err := stampOf(a.moment(a.option("at", "")))
	a.check(err == nil, "%w", err)
	return s
}

func (a *args) conversion() parterre.Facet {
	f := parterre.Facet{Kind: parterre.Conversion}
	f.Name, _ = parterre.EventName(a.text("the event"))
	f.Source = parse(a, "source", a.option("source", "web"), parterre.ParseEventSource)
	f.Ingestion = parse(a, "ingestion", a.option("ingestion", "conversions_api"), parterre.ParseIngestionSource)
	f.Tag = a.idOption("tag", "0")
	f.Account = a.idOption("account", "1")
	f.URL = a.option("url", "")
	data, err := parseEventData(a.option("data", "{}"))
	a.check(err == nil, "%w", err)
	f.Data = data
	return f
}

func (a *args) engagement() parterre.Facet {
	f := parterre.Facet{Kind: parterre.Engagement}
	f.Type = parse(a, "engagement", a.word("the engagement"), parterre.ParseEngagementType)
	f.Pin = a.idOption("pin", "0")
	f.Ad = a.idOption("ad", "0")
	f.Campaign = a.idOption("campaign", "0")
	f.Account = a.idOption("account", "1")
	if o := a.option("objective", ""); o != "" {
		f.Objective = parse(a, "objective", o, parterre.ParseObjective)
	}
	f.Domain = strings.ToLower(a.option("domain", ""))
	f.URL = a.option("url", "")
	return f
}

func (a *args) list() operation {
	l := listed{list: a.id("the list")}
	verb := a.word("add or remove")
	a.check(verb == "add" || verb == "remove", "a list can add or remove, not %q", verb)
	l.remove = verb == "remove"
	l.persons = a.persons()
	for len(a.words) > 0 {
		l.persons = append(l.persons, a.persons()...)
	}
	return l
}

func parse[T any](a *args, name, s string, read func(field, s string) (T, error)) T {
	v, err := read(name, s)
	a.check(err == nil, "%w", err)
	return v
}

// split divides a command into words and options (key=value). A word or a value may be JSON; a word that begins like JSON
// and is not is the rest of the command, because rules that are to be refused may be just that.
func split(command string) (words []string, options map[string]string, err error) {
	options = map[string]string{}
	for rest := strings.TrimSpace(command); rest != ""; rest = strings.TrimSpace(rest) {
		key, after, isOption := strings.Cut(rest, "=")
		if isOption = isOption && key != "" && strings.Trim(key, "abcdefghijklmnopqrstuvwxyz") == ""; isOption {
			rest = after
		}
		var word string
		word, rest = cutWord(rest)
		if !isOption {
			words = append(words, word)
			continue
		}
		if _, twice := options[key]; twice {
			return nil, nil, fmt.Errorf("the option %s stands twice", key)
		}
		if word == "" {
			return nil, nil, fmt.Errorf("the option %s is empty", key)
		}
		if options[key], err = unquote(word); err != nil {
			return nil, nil, fmt.Errorf("the option %s: %w", key, err)
		}
	}
	if len(words) == 0 {
		return nil, nil, errors.New("no command")
	}
	return words, options, nil
}

func cutWord(s string) (word, rest string) {
	if s == "" || !strings.ContainsRune(`{["`, rune(s[0])) {
		word, rest, _ = strings.Cut(s, " ")
		return word, rest
	}
	d := json.NewDecoder(bytes.NewReader([]byte(s)))
	var raw json.RawMessage
	if d.Decode(&raw) != nil {
		return s, ""
	}
	return string(raw), s[d.InputOffset():]
}

func unquote(word string) (s string, err error) {
	if !strings.HasPrefix(word, `"`) {
		return word, nil
	}
	err = json.Unmarshal([]byte(word), &s)
	return s, err
}

// quoteWord writes a word or a value so that split reads it again.
func quoteWord(s string) string {
	if s == "" || strings.ContainsAny(s, " \t\r\n") || strings.ContainsRune(`{["`, rune(s[0])) {
		return quoteJSON(s)
	}
	return s
}
