package jsonbody_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/internal/jsonbody"
)

// complaint is the first complaint of an object, with the member that it is about.
func complaint(t *testing.T, o *jsonbody.Object) (field, message string) {
	t.Helper()
	err := o.Err()
	if err == nil {
		return "", ""
	}
	var e *parterre.Error
	if !errors.As(err, &e) || e.Code != parterre.InvalidRequest {
		t.Fatalf("the complaint is not of code InvalidRequest: %v", err)
	}
	return e.Field, e.Public
}

func TestEachComplaintNamesTheMemberAndWhatIsAllowed(t *testing.T) {
	for _, c := range []struct {
		name, path, body string
		read             func(o *jsonbody.Object)
		field, message   string
	}{
		{"nothing", "", ``, nil, "", "Invalid request: the body is empty: a JSON object is required"},
		{"nothing but space", "rule", " \n", nil, "rule", "Invalid request: 'rule' is empty: a JSON object is required"},
		{"no JSON", "", `hello`, nil, "", "Invalid request: the body is not valid JSON"},
		{"no JSON, inside", "rule", `{"a":}`, nil, "rule", "Invalid request: 'rule' is not valid JSON"},
		{"more than one value", "", `{} {}`, nil, "", "Invalid request: the body is not valid JSON"},
		{"a list", "", `[1, 2]`, nil, "", "Invalid request: the body [1,2] is not of type 'object'"},
		{"a string", "rule", `"it's"`, nil, "rule", "Invalid request: 'rule' 'it's' is not of type 'object'"},
		{"null", "rule", ` null `, nil, "rule", "Invalid request: 'rule' null is not of type 'object'"},
		{"a name twice", "rule", `{"a":1,"b":2,"a":1}`, nil, "rule.a", "Invalid request: 'rule.a' stands twice"},
		{"a name twice, written in two ways", "", `{"a":1,"\u0061":2}`, nil, "a", "Invalid request: 'a' stands twice"},
		{
			"a required member", "", `{"b":1}`, func(o *jsonbody.Object) { o.Require("b", "a", "c") },
			"a", "Invalid request: 'a' is a required property",
		},
		{
			"a required member, inside", "rule", `{}`, func(o *jsonbody.Object) { o.Require("a") },
			"rule.a", "Invalid request: 'rule.a' is a required property",
		},
		{
			"a member too many", "", `{"a":1,"b":2}`, func(o *jsonbody.Object) { o.Only([]string{"a"}) },
			"b", "Invalid request: Additional properties are not allowed ('b' was unexpected)",
		},
		{
			"a member too many, inside", "data[0]", `{"b":2}`, func(o *jsonbody.Object) { o.Only(nil) },
			"data[0].b", "Invalid request: Additional properties are not allowed ('data[0].b' was unexpected)",
		},
		{
			"no string", "", `{"a":5}`, func(o *jsonbody.Object) { o.String("a") },
			"a", "Invalid request: 'a' 5 is not of type 'string'",
		},
		{
			"null for a string", "", `{"a":null}`, func(o *jsonbody.Object) { o.String("a") },
			"a", "Invalid request: 'a' null is not of type 'string'",
		},
		{
			"no list of strings", "", `{"a":"x"}`, func(o *jsonbody.Object) { o.Strings("a") },
			"a", "Invalid request: 'a' 'x' is not of type 'array'",
		},
		{
			"a list of more than strings", "", `{"a":["x",{"y": 1}]}`, func(o *jsonbody.Object) { o.Strings("a") },
			"a", `Invalid request: 'a' {"y":1} is not of type 'string'`,
		},
		{
			"neither one nor more", "", `{"a":true}`, func(o *jsonbody.Object) { o.OneOrMore("a") },
			"a", "Invalid request: 'a' true is neither a string nor a list of strings",
		},
		{
			"none where one or more are needed", "", `{"a":[]}`, func(o *jsonbody.Object) { o.OneOrMore("a") },
			"a", "Invalid request: 'a' must not be an empty list",
		},
		{
			"a number out of range", "", `{"a":11}`, func(o *jsonbody.Object) { o.Int("a", 1, 10) },
			"a", "Invalid request: 'a' must be a whole number from 1 to 10 (was 11)",
		},
		{
			"no number", "", `{"a":"5"}`, func(o *jsonbody.Object) { o.Number("a") },
			"a", "Invalid request: 'a' '5' is not of type 'number'",
		},
		{
			"a number beyond all numbers", "", `{"a":1e999}`, func(o *jsonbody.Object) { o.Number("a") },
			"a", "Invalid request: 'a' 1e999 is not of type 'number'",
		},
		{
			"no truth value", "", `{"a":1}`, func(o *jsonbody.Object) { o.Bool("a") },
			"a", "Invalid request: 'a' 1 is not of type 'boolean'",
		},
		{
			"no list", "", `{"a":{}}`, func(o *jsonbody.Object) { o.Elements("a") },
			"a", "Invalid request: 'a' {} is not of type 'array'",
		},
		{
			"no object, inside", "rule", `{"a":[]}`, func(o *jsonbody.Object) { o.Adopt(o.Object("a")) },
			"rule.a", "Invalid request: 'rule.a' [] is not of type 'object'",
		},
		{
			"a complaint of the reader's own", "rule", `{"a":5}`, func(o *jsonbody.Object) { o.Fail("a", "must be %d%%", 7) },
			"rule.a", "Invalid request: 'rule.a' must be 7%",
		},
		{
			"a name with signs of control", "rule", `{"a\n\u0000":5}`, func(o *jsonbody.Object) { o.String("a\n\x00") },
			`rule.a\n\x00`, `Invalid request: 'rule.a\n\x00' 5 is not of type 'string'`,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := jsonbody.Parse(c.path, []byte(c.body))
			if c.read != nil {
				c.read(o)
			}
			if field, message := complaint(t, o); field != c.field || message != c.message {
				t.Errorf("about %q: %s\nwant %q: %s", field, message, c.field, c.message)
			}
		})
	}
}

func TestTheFirstComplaintStays(t *testing.T) {
	o := jsonbody.Parse("", []byte(`{"a":5,"b":6,"c":{"d":1}}`))
	o.String("a")
	o.String("b")
	o.Require("z")
	o.Only(nil)
	o.Fail("c", "is wrong too")
	o.FailWith(errors.New("so is this"))
	if _, message := complaint(t, o); message != "Invalid request: 'a' 5 is not of type 'string'" {
		t.Errorf("the complaint is %s", message)
	}
}

func TestAfterAComplaintNothingIsReadAndNothingBreaks(t *testing.T) {
	o := jsonbody.Parse("", []byte(`{"a":5,"s":"x","l":["x"],"n":7,"t":true,"o":{"d":1}}`))
	o.String("a")
	inner := o.Object("o")
	inner.DropNulls()
	inner.Require("z")
	inner.Only(nil)
	if o.String("s") != nil || o.Strings("l") != nil || o.OneOrMore("l") != nil || o.Elements("l") != nil ||
		o.Int("n", 0, 9) != nil || o.Number("n") != nil || o.Bool("t") != nil || len(inner.Members()) != 0 || inner.Has("d") {
		t.Error("something was read")
	}
	if inner.Err() != o.Err() { //nolint:errorlint // the very complaint, not one like it
		t.Errorf("the object inside complains of something else: %v", inner.Err())
	}
}

func TestAbsentMembersAreNil(t *testing.T) {
	o := jsonbody.Parse("", []byte(`{"other":1}`))
	if o.String("a") != nil || o.Strings("a") != nil || o.OneOrMore("a") != nil || o.Elements("a") != nil ||
		o.Int("a", 0, 9) != nil || o.Number("a") != nil || o.Bool("a") != nil || o.Object("a") != nil || o.Raw("a") != nil ||
		o.Has("a") {
		t.Error("something is there")
	}
	o.Adopt(nil)
	o.FailWith(nil)
	if o.Err() != nil {
		t.Errorf("its absence is a complaint: %v", o.Err())
	}
}

func TestValuesAreRead(t *testing.T) {
	o := jsonbody.Parse("", []byte(` {"s":"a\u00e9\"", "e":"", "l":["x","y"], "none":[], "x":-1.5e3, "t":true, "f":false,
		"o":{"i":{"j":7}}} `))
	if s := o.String("s"); s == nil || *s != `aé"` {
		t.Errorf("s is %v", s)
	}
	if s := o.String("e"); s == nil || *s != "" {
		t.Errorf("e is %v", s)
	}
	if l := o.Strings("l"); !slices.Equal(l, []string{"x", "y"}) {
		t.Errorf("l is %q", l)
	}
	if l := o.OneOrMore("l"); !slices.Equal(l, []string{"x", "y"}) {
		t.Errorf("l is %q", l)
	}
	if l := o.OneOrMore("e"); !slices.Equal(l, []string{""}) {
		t.Errorf("e is %q", l)
	}
	if l := o.Strings("none"); l == nil || len(l) != 0 {
		t.Errorf("none is %#v", l)
	}
	if x := o.Number("x"); x == nil || *x != -1500 {
		t.Errorf("x is %v", x)
	}
	if yes, no := o.Bool("t"), o.Bool("f"); yes == nil || !*yes || no == nil || *no {
		t.Errorf("t is %v, f is %v", yes, no)
	}
	if list := o.Elements("l"); len(list) != 2 || string(list[1]) != `"y"` {
		t.Errorf("l is %s", list)
	}
	if n := o.Object("o").Object("i").Int("j", 7, 7); n == nil || *n != 7 {
		t.Errorf("o.i.j is %v", n)
	}
	if path := o.Object("o").Object("i").At("j"); path != "o.i.j" {
		t.Errorf("its path is %s", path)
	}
	if o.Err() != nil {
		t.Error(o.Err())
	}
}

func TestMembersKeepTheirOrderAndTheirCase(t *testing.T) {
	o := jsonbody.Parse("", []byte(`{"b": [1, 2],"A":null,"a":"x"}`))
	var names []string
	for _, m := range o.Members() {
		names = append(names, m.Name+"="+string(m.Value))
	}
	if want := []string{"b=[1, 2]", "A=null", `a="x"`}; !slices.Equal(names, want) {
		t.Errorf("got %q, not %q", names, want)
	}
	if o.Has("B") || string(o.Raw("A")) != "null" {
		t.Error("the case does not count")
	}
}

func TestNullsAreForgotten(t *testing.T) {
	parse := func() *jsonbody.Object { return jsonbody.Parse("", []byte(`{"a":null,"b":1,"c":null,"d":"x"}`)) }

	o := parse()
	o.DropNulls("c", "d", "e")
	if !o.Has("a") || !o.Has("b") || o.Has("c") || !o.Has("d") || len(o.Members()) != 3 {
		t.Errorf("by name, there are left %s", o.Members())
	}
	o = parse()
	o.DropNulls()
	if o.Has("a") || o.Has("c") || string(o.Raw("b")) != "1" || string(o.Raw("d")) != `"x"` || len(o.Members()) != 2 {
		t.Errorf("there are left %s", o.Members())
	}
	if o.String("a") != nil || o.Err() != nil {
		t.Errorf("a forgotten member is a complaint: %v", o.Err())
	}
}

func TestWholeNumbersHaveManySpellings(t *testing.T) {
	const least, most = -1 << 60, 1 << 62
	for text, want := range map[string]int64{
		`180`: 180, `180.0`: 180, `"180"`: 180, `1e2`: 100, `1.8E+2`: 180, `0`: 0, `-0`: 0, `-0.0`: 0, `-7`: -7, `"007"`: 7,
		`4611686018427387903`: 1<<62 - 1, `"4611686018427387903"`: 1<<62 - 1, `9007199254740992.0`: 1 << 53,
	} {
		o := jsonbody.Parse("", []byte(`{"n":`+text+`}`))
		if n := o.Int("n", least, most); n == nil || *n != want {
			t.Errorf("%s is read as %v: %v", text, n, o.Err())
		}
	}
	for _, text := range []string{
		`180.5`, `"180.0"`, `"1e2"`, `"-7"`, `"+7"`, `""`, `" 7"`, `"seven"`, `"0x7"`, `"1_0"`, `"٧"`, `true`, `null`, `[7]`,
		`{}`, `1e400`, `1e18`, `9223372036854775808`, `"9223372036854775808"`, `99999999999999999999`,
	} {
		o := jsonbody.Parse("", []byte(`{"n":`+text+`}`))
		if n := o.Int("n", least, most); n != nil || o.Err() == nil {
			t.Errorf("%s is read as %v", text, n)
		}
	}
}

func TestTheBordersOfANumberAreAllowed(t *testing.T) {
	for text, allowed := range map[string]bool{
		`0`: false, `1`: true, `"1"`: true, `10`: true, `10.0`: true, `11`: false, `"11"`: false,
	} {
		o := jsonbody.Parse("", []byte(`{"n":`+text+`}`))
		if n := o.Int("n", 1, 10); (n != nil) != allowed || (o.Err() == nil) != allowed {
			t.Errorf("%s: %v, %v", text, n, o.Err())
		}
	}
}

func TestLargeAndDeepBodiesAreReadOrRefusedInFewWords(t *testing.T) {
	deep := func(n int) string { return `{"a":` + strings.Repeat(`[`, n) + strings.Repeat(`]`, n) + `}` }
	if o := jsonbody.Parse("", []byte(deep(5_000))); o.Err() != nil || len(o.Elements("a")) != 1 {
		t.Errorf("5,000 levels: %v", o.Err())
	}
	if o := jsonbody.Parse("", []byte(deep(1_000_000))); o.Err() == nil {
		t.Error("a million levels are read")
	}

	long := strings.Repeat("é", 500_000)
	for _, body := range []string{
		`"` + long + `"`, `["` + long + `"]`, `{"a":"` + long + `"}`, `{"a":["` + long + `", 5]}`, `{"a":{"` + long + `":1}}`,
		`{"` + long + `":1,"` + long + `":1}`,
	} {
		o := jsonbody.Parse("rule", []byte(body))
		o.Only([]string{"a"})
		o.Int("a", 1, 2)
		if _, message := complaint(t, o); message == "" || len(message) > 400 {
			t.Errorf("%.40s…: the message has %d bytes", body, len(message))
		}
	}

	var many strings.Builder
	many.WriteString(`{"list":[`)
	for range 100_000 {
		many.WriteString(`"x",`)
	}
	many.WriteString(`"y"]}`)
	if list := jsonbody.Parse("", []byte(many.String())).Strings("list"); len(list) != 100_001 || list[100_000] != "y" {
		t.Errorf("of 100,001 strings, %d are read", len(list))
	}
}

func TestKindIsTheTypeOfAValue(t *testing.T) {
	for text, want := range map[string]string{
		`{}`: "object", ` [`: "array", "\n\"x\"": "string", `-1`: "number", `0`: "number", `true`: "boolean", `false`: "boolean",
		`null`: "null", ``: "", `  `: "", `+1`: "", `x`: "",
	} {
		if got := jsonbody.Kind([]byte(text)); got != want {
			t.Errorf("%q is of type %q, not %q", text, got, want)
		}
	}
}
