package v5_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// resident is a person as the operator imports them.
type resident struct {
	ID        string   `json:"external_id"`
	Emails    []string `json:"emails"`
	Country   string   `json:"country,omitempty"`
	Age       *int     `json:"age,omitempty"`
	Gender    string   `json:"gender,omitempty"`
	Metro     string   `json:"metro,omitempty"`
	Region    string   `json:"region,omitempty"`
	Locale    string   `json:"locale,omitempty"`
	Devices   []string `json:"devices,omitempty"`
	Interests []string `json:"interests,omitempty"`
}

// populate imports persons.
func (s *service) populate(t *testing.T, people []resident) {
	t.Helper()
	var lines strings.Builder
	for _, p := range people {
		line, err := json.Marshal(p)
		if err != nil {
			t.Fatal(err)
		}
		lines.Write(append(line, '\n'))
	}
	a := s.send(t, s.Token, http.MethodPost, "/parterre/v1/people", strings.NewReader(lines.String()))
	if got := as[struct{ Accepted int }](t, a).Accepted; got != len(people) {
		t.Fatalf("of %d persons %d were accepted: %.500s", len(people), got, a.body)
	}
}

func some[T any](r *rand.Rand, all ...T) T { return all[r.IntN(len(all))] }

// residents makes persons of whom more or less is known.
func residents(r *rand.Rand, n int) []resident {
	people := make([]resident, n)
	for i := range people {
		p := &people[i]
		p.ID = fmt.Sprintf("r%d", i)
		p.Emails = []string{fmt.Sprintf("r%d@example.com", i)}
		p.Country = some(r, "", "US", "US", "CA", "GB")
		if r.IntN(4) > 0 {
			age := r.IntN(100)
			p.Age = &age
		}
		p.Gender = some(r, "", "female", "male", "unknown")
		p.Metro, p.Region = some(r, "", "501", "807"), some(r, "", "US-NY", "CA-ON")
		p.Locale = some(r, "", "en-US", "fr-CA")
		for _, d := range []string{"iphone", "web", "ipad"} {
			if r.IntN(3) == 0 {
				p.Devices = append(p.Devices, d)
			}
		}
		for _, in := range []string{"gardens", "moths", "ceramics"} {
			if r.IntN(3) == 0 {
				p.Interests = append(p.Interests, in)
			}
		}
	}
	return people
}

// spec is what is asked of a targeting.
type spec map[string]any

// number reads digits that are right.
func number(digits string) int {
	n, _ := strconv.Atoi(digits)
	return n
}

// reaches says of a person whether they are surely reached, and whether perhaps.
func (s spec) reaches(p *resident) (surely, perhaps bool) {
	surely, perhaps = true, true
	judge := func(known, so bool) {
		surely = surely && so
		perhaps = perhaps && (so || !known)
	}
	for key, want := range s {
		words, _ := want.([]string)
		switch key {
		case "AGE_BUCKET":
			so := false
			for _, w := range words {
				from, to, _ := strings.Cut(strings.TrimSuffix(w, "+"), "-")
				least, most := number(from), 200
				if to != "" {
					most = number(to)
				}
				so = so || p.Age != nil && *p.Age >= least && *p.Age <= most
			}
			judge(p.Age != nil, so)
		case "MINIMUM_AGE":
			least, _ := want.(string)
			judge(p.Age != nil, p.Age != nil && *p.Age >= number(least))
		case "GENDER":
			judge(p.Gender != "" && p.Gender != "unknown", slices.Contains(words, p.Gender))
		case "APPTYPE":
			judge(len(p.Devices) > 0, slices.ContainsFunc(p.Devices, func(d string) bool { return slices.Contains(words, d) }))
		case "INTEREST":
			judge(len(p.Interests) > 0, slices.ContainsFunc(p.Interests, func(d string) bool { return slices.Contains(words, d) }))
		case "LOCALE":
			judge(p.Locale != "", slices.Contains(words, p.Locale))
		case "LOCATION":
			countries := slices.ContainsFunc(words, func(w string) bool { return len(w) == 2 })
			areas := slices.ContainsFunc(words, func(w string) bool { return len(w) != 2 })
			known := countries && p.Country != "" || areas && (p.Metro != "" || p.Region != "")
			judge(known, slices.Contains(words, p.Country) || slices.Contains(words, p.Metro) || slices.Contains(words, p.Region))
		}
	}
	return surely, perhaps
}

func (s *service) size(t *testing.T, targeting any) (lower, upper int) {
	t.Helper()
	body, err := json.Marshal(map[string]any{"targeting_spec": targeting})
	if err != nil {
		t.Fatal(err)
	}
	got := as[struct {
		Lower int `json:"audience_size_lower_bound"`
		Upper int `json:"audience_size_upper_bound"`
	}](t, s.call(t, http.MethodPost, inAccount+"/ad_groups/audience_sizing", string(body)))
	return got.Lower, got.Upper
}

// listOf makes an audience of persons.
func (s *service) listOf(t *testing.T, people []resident) string {
	t.Helper()
	var records []string
	for _, p := range people {
		records = append(records, p.Emails[0])
	}
	list := as[struct{ ID string }](t, s.call(t, http.MethodPost, inAccount+"/customer_lists",
		`{"name":"L","records":"`+strings.Join(records, ",")+`"}`)).ID
	id := as[struct{ ID string }](t, s.call(t, http.MethodPost, inAccount+"/audiences",
		`{"audience_type":"CUSTOMER_LIST","name":"A","rule":{"customer_list_id":"`+list+`"}}`)).ID
	s.settle(t)
	return id
}

// Sizes are those that a count of the persons gives.
func TestSizesAreThoseOfACount(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	s := start(t)
	people := residents(r, 800)
	s.populate(t, people)
	inside, outside := people[:500], people[400:600]
	include, exclude := s.listOf(t, inside), s.listOf(t, outside)
	some2 := func(all ...string) []string { return []string{some(r, all...), some(r, all...)} }
	for range 60 {
		ask, asked := spec{}, map[string]any{}
		for key, draw := range map[string]func() any{
			"AGE_BUCKET":  func() any { return some2("18-24", "25-34", "21+", "65+", "45-49") },
			"MINIMUM_AGE": func() any { return some(r, "18", "40") },
			"GENDER":      func() any { return some2("female", "male", "unknown") },
			"APPTYPE":     func() any { return some2("iphone", "web", "android_mobile") },
			"INTEREST":    func() any { return some2("gardens", "moths", "chess") },
			"LOCALE":      func() any { return some2("en-US", "de-DE") },
			"LOCATION":    func() any { return some2("US", "GB", "501", "CA-ON", "DE") },
		} {
			if r.IntN(3) == 0 {
				ask[key] = draw()
				asked[key] = ask[key]
			}
		}
		of := people
		if r.IntN(2) == 0 {
			asked["AUDIENCE_INCLUDE"] = []string{include}
			of = inside
		}
		excluded := r.IntN(2) == 0
		if excluded {
			asked["AUDIENCE_EXCLUDE"] = []string{exclude}
		}
		if len(asked) == 0 {
			continue
		}
		lower, upper := 0, 0
		for i := range of {
			if excluded && slices.ContainsFunc(outside, func(p resident) bool { return p.ID == of[i].ID }) {
				continue
			}
			surely, perhaps := ask.reaches(&of[i])
			if surely {
				lower++
			}
			if perhaps {
				upper++
			}
		}
		if gotLower, gotUpper := s.size(t, asked); gotLower != lower || gotUpper != upper {
			t.Errorf("%v: %d to %d, want %d to %d", asked, gotLower, gotUpper, lower, upper)
		}
	}
}

func TestWhatIsSaidAnewReplacesWhatWasSaid(t *testing.T) {
	s := start(t)
	s.populate(t, []resident{{ID: "a", Emails: []string{"a@example.com"}, Gender: "female", Interests: []string{"moths", "chess"}}})
	s.populate(t, []resident{{ID: "a", Emails: []string{"a@example.com"}, Gender: "male", Interests: []string{"chess"}}})
	s.populate(t, []resident{{ID: "a", Emails: []string{"a@example.com"}}}) // says nothing of it
	for want, asked := range map[string]any{
		"0 female": spec{"GENDER": []string{"female"}}, "1 male": spec{"GENDER": []string{"male"}},
		"0 moths": spec{"INTEREST": []string{"moths"}}, "1 chess": spec{"INTEREST": []string{"chess"}},
	} {
		if lower, _ := s.size(t, asked); !strings.HasPrefix(want, strconv.Itoa(lower)) {
			t.Errorf("%s: there are %d", want, lower)
		}
	}
	s.populate(t, []resident{{ID: "a", Emails: []string{"a@example.com"}, Interests: []string{"moths"}}})
	if lower, _ := s.size(t, spec{"INTEREST": []string{"moths"}}); lower != 1 {
		t.Error("what was said again is not so")
	}
}

func TestSizesThatAreRefused(t *testing.T) {
	s := start(t)
	for body, words := range map[string][]string{
		`{"targeting_spec":{"AUDIENCE_INCLUDE":["x"]}}`:                                 {"AUDIENCE_INCLUDE", `^\d+$`},
		`{"targeting_spec":{"AGE_BUCKET":["18-99"]}}`:                                   {"AGE_BUCKET", "18-24"},
		`{"targeting_spec":{"GENDER":"female"}}`:                                        {"GENDER", "array"},
		`{"targeting_spec":{"GENDER":["women"]}}`:                                       {"GENDER", "female"},
		`{"targeting_spec":{"MINIMUM_AGE":"old"}}`:                                      {"MINIMUM_AGE", "digits"},
		`{"targeting_spec":{"MINIMUM_AGE":"40+"}}`:                                      {"MINIMUM_AGE", "digits"},
		`{"targeting_spec":{"MINIMUM_AGE":"40","MAXIMUM_AGE":"30"}}`:                    {"MINIMUM_AGE", "MAXIMUM_AGE"},
		`{"targeting_spec":[]}`:                                                         {"targeting_spec", "object"},
		`{"targeting_spec":{"SHOPPING_RETARGETING":[5]}}`:                               {"SHOPPING_RETARGETING[0]", "object"},
		`{"targeting_spec":{"SHOPPING_RETARGETING":[{"tag_types":["a"]}]}}`:             {"SHOPPING_RETARGETING[0].tag_types"},
		`{"placement_group":"TV"}`:                                                      {"placement_group", "SEARCH"},
		`{"creative_types":["POSTER"]}`:                                                 {"creative_types", "CAROUSEL"},
		`{"product_group_ids":["a"]}`:                                                   {"product_group_ids", `^\d+$`},
		`{"keywords":[{"value":"boots"}]}`:                                              {"keywords[0]", "match_type"},
		`{"keywords":[{"match_type":"NEAR","value":"boots"}]}`:                          {"keywords[0].match_type", "BROAD"},
		`{"auto_targeting_enabled":"yes"}`:                                              {"auto_targeting_enabled", "boolean"},
		`{"keywords":[{"match_type":null,"value":"` + strings.Repeat("b", 121) + `"}]}`: {"keywords[0].value", "120"},
	} {
		s.refuse(t, http.MethodPost, inAccount+"/ad_groups/audience_sizing", body, 400, 1, words...)
	}
	s.refuse(t, http.MethodPost, inAccount+"/ad_groups/audience_sizing", `{"targeting_spec":{"AUDIENCE_EXCLUDE":["99"]}}`, 403, 403,
		"You don't have access to the requested audience list or product group.")
	for _, body := range []string{`{}`, `{"targeting_spec":{}}`, `{"creative_types":null,"keywords":[{"match_type":null,"value":"x"}]}`} {
		if a := s.call(t, http.MethodPost, inAccount+"/ad_groups/audience_sizing", body); string(a.body) !=
			`{"audience_size_lower_bound":0,"audience_size_upper_bound":0}` {
			t.Errorf("%s is answered %s", body, a.body)
		}
	}
}

func TestInsightsAreOfWhoIsThere(t *testing.T) {
	s := start(t)
	age := func(n int) *int { return &n }
	s.populate(t, []resident{
		{ID: "a", Emails: []string{"a@example.com"}, Country: "US", Age: age(30), Gender: "female", Metro: "501", Devices: []string{"iphone", "web"}, Interests: []string{"moths"}},
		{ID: "b", Emails: []string{"b@example.com"}, Country: "CA", Age: age(31), Gender: "male", Interests: []string{"moths", "chess"}},
		{ID: "c", Emails: []string{"c@example.com"}, Country: "US", Age: age(70)},
		{ID: "d", Emails: []string{"d@example.com"}, Country: "US", Interests: []string{"chess"}},
	})
	ask := func(of string) string {
		return string(s.call(t, http.MethodGet, inAccount+"/audience_insights?audience_insight_type="+of, "").body)
	}
	scopes := func() string { return string(s.call(t, http.MethodGet, inAccount+"/insights/audiences", "").body) }
	if got, want := scopes(), `{"items":[{"date":"2026-05-28","scope":"PINTEREST","type":"ENGAGEMENT"}]}`; got != want {
		t.Errorf("the scopes are %s, want %s", got, want)
	}
	empty := `{"categories":[],"date":"2026-05-28","demographics":{"ages":[],"countries":[],"devices":[],"genders":[],"metros":[]},` +
		`"size":0,"size_is_upper_bound":false,"type":"YOUR_ENGAGED_AUDIENCE"}`
	if got := ask("YOUR_ENGAGED_AUDIENCE"); got != empty {
		t.Errorf("nobody engaged, and the insights are %s", got)
	}
	s.listOf(t, []resident{{Emails: []string{"a@example.com"}}, {Emails: []string{"b@example.com"}}})
	want := `{"categories":[{"id":"moths","key":"moths","name":"moths","ratio":1,"index":2},` +
		`{"id":"chess","key":"chess","name":"chess","ratio":0.5,"index":1}],"date":"2026-05-28","demographics":{` +
		`"ages":[{"key":"25-34","name":"25-34","ratio":1}],"countries":[{"key":"CA","name":"CA","ratio":0.5},{"key":"US","name":"US","ratio":0.5}],` +
		`"devices":[{"key":"iphone","name":"iphone","ratio":0.5},{"key":"web","name":"web","ratio":0.5}],` +
		`"genders":[{"key":"female","name":"female","ratio":0.5},{"key":"male","name":"male","ratio":0.5}],` +
		`"metros":[{"key":"501","name":"501","ratio":0.5}]},"size":2,"size_is_upper_bound":false,"type":"YOUR_TOTAL_AUDIENCE"}`
	if got := ask("YOUR_TOTAL_AUDIENCE"); got != want {
		t.Errorf("the insights are\n%s, want\n%s", got, want)
	}
	engagement := fmt.Sprintf(`{"person":{"external_id":"d"},"engagement_type":"save","pin_id":"5","ad_account_id":%q,"engaged_at":%d}`, account, noon-10)
	s.callBeyond(t, http.MethodPost, "/parterre/v1/engagements", engagement)
	if got := ask("YOUR_ENGAGED_AUDIENCE"); !strings.Contains(got, `"size":1,`) || !strings.Contains(got, "chess") {
		t.Errorf("d engaged, and the insights are %s", got)
	}
	s.clock.seconds.Add(30*24*3600 - 9)
	if got := ask("YOUR_ENGAGED_AUDIENCE"); !strings.Contains(got, `"size":0,`) {
		t.Errorf("after more than 30 days the insights are %s", got)
	}
	if got := ask("PINTEREST_TOTAL_AUDIENCE"); !strings.Contains(got, `"size":4,`) {
		t.Errorf("of everybody the insights are %s", got)
	}
	s.refuse(t, http.MethodGet, inAccount+"/audience_insights", "", 400, 1, "audience_insight_type", "required")
	s.refuse(t, http.MethodGet, inAccount+"/audience_insights?audience_insight_type=MINE", "", 400, 1, "audience_insight_type")
}

func TestPeopleWithWrongAttributesAreRejected(t *testing.T) {
	s := start(t)
	for line, word := range map[string]string{
		`{"external_id":"a","age":121}`:                                  "age",
		`{"external_id":"a","age":"old"}`:                                "age",
		`{"external_id":"a","gender":"x"}`:                               "gender",
		`{"external_id":"a","devices":["toaster"]}`:                      "devices",
		`{"external_id":"a","interests":"moths"}`:                        "interests",
		`{"external_id":"a","interests":[""]}`:                           "interests",
		`{"external_id":"a","metro":"` + strings.Repeat("m", 129) + `"}`: "metro",
	} {
		a := s.send(t, s.Token, http.MethodPost, "/parterre/v1/people", strings.NewReader(line))
		got := as[struct {
			Accepted int
			Rejected []struct{ Message string }
		}](t, a)
		if got.Accepted != 0 || len(got.Rejected) != 1 || !strings.Contains(got.Rejected[0].Message, word) {
			t.Errorf("%.60s: %s", line, a.body)
		}
	}
}
