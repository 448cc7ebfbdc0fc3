package client_test

import (
	"slices"
	"strconv"
	"testing"

	"github.com/parterre/parterre/client"
	"github.com/parterre/parterre/parterretest"
)

func TestAPopulationIsSizedAndDescribed(t *testing.T) {
	s := parterretest.Start(t, nil)
	var people []client.Person
	for n := range 100 {
		p := client.Person{ExternalID: strconv.Itoa(n), Country: "US", Age: 30, Region: "US-NY", Metro: "501", Locale: "en-US", Devices: []string{"web"}, Interests: []string{"moths"}}
		switch {
		case n < 60:
			p.Gender = "female"
		case n < 90:
			p.Gender = "male"
		}
		people = append(people, p)
	}
	result, err := s.Client.ImportPeople(t.Context(), client.NDJSON(slices.Values(people)))
	if err != nil || result.Accepted != len(people) {
		t.Fatalf("%+v, %v", result, err)
	}

	asked := client.Targeting{
		AgeBucket: []string{"25-34"}, AppType: []string{"web"}, Interest: []string{"moths"}, Locale: []string{"en-US"},
		Location: []string{"US"}, Geo: []string{"US-NY"}, Gender: []string{"female"},
	}
	size, err := s.Client.SizeAudience(t.Context(), account, asked)
	if want := (client.AudienceSize{LowerBound: 60, UpperBound: 70}); err != nil || size != want {
		t.Errorf("the size is %+v, %v; want %+v", size, err, want)
	}

	who, err := s.Client.Insights(t.Context(), account, client.Everybody)
	if err != nil {
		t.Fatal(err)
	}
	if who.Type != client.Everybody || who.Size != 100 {
		t.Errorf("the population is %s with %d persons", who.Type, who.Size)
	}
	if c := who.Demographics.Countries; len(c) != 1 || c[0].Key != "US" || c[0].Ratio != 1 {
		t.Errorf("the countries are %+v", c)
	}
	if m := who.Demographics.Metros; len(m) != 1 || m[0].Key != "501" {
		t.Errorf("the metros are %+v", m)
	}
	nobody := people[0]
	nobody.Interests = []string{}
	if _, err := s.Client.ImportPeople(t.Context(), client.NDJSON(slices.Values([]client.Person{nobody}))); err != nil {
		t.Fatal(err)
	}
	size, err = s.Client.SizeAudience(t.Context(), account, client.Targeting{Interest: []string{"moths"}})
	if want := (client.AudienceSize{LowerBound: 99, UpperBound: 100}); err != nil || size != want {
		t.Errorf("with interests taken away the size is %+v, %v; want %+v", size, err, want)
	}
	if _, err := s.Client.Insights(t.Context(), account, "NOBODY"); err == nil {
		t.Error("a population that there is none of has insights")
	}
}
