package v5_test

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"testing"
)

const tagsPath = inAccount + "/conversion_tags"

func TestTags(t *testing.T) {
	s := start(t)
	first := s.call(t, http.MethodPost, tagsPath, `{"name":"shop <1>"}`)
	tag := as[struct {
		ID          string
		CodeSnippet string `json:"code_snippet"`
	}](t, first)
	const configs = `{"aem_enabled":false,"aem_fnln_enabled":false,"aem_ph_enabled":false,"aem_ge_enabled":false,` +
		`"aem_db_enabled":false,"aem_loc_enabled":false,"aem_external_id_enabled":false,"md_frequency":1}`
	snippet, err := json.Marshal(tag.CodeSnippet)
	if err != nil {
		t.Fatal(err)
	}
	t.Run("a new tag has what was recorded", func(t *testing.T) {
		o := as[map[string]json.RawMessage](t, first)
		for name, want := range map[string]string{
			"ad_account_id": `"` + account + `"`, "id": `"` + tag.ID + `"`, "name": `"shop <1>"`, "status": `"ACTIVE"`, "version": `"3"`,
			"configs": configs,
		} {
			if string(o[name]) != want {
				t.Errorf("%s is %s, want %s", name, o[name], want)
			}
		}
		for _, name := range []string{"enhanced_match_status", "last_fired_time_ms"} {
			if _, there := o[name]; there {
				t.Errorf("%s is there, and null", name)
			}
		}
		if strings.Contains(tag.CodeSnippet, "<1>") || !strings.Contains(tag.CodeSnippet, tag.ID) {
			t.Errorf("the snippet is %s", snippet)
		}
	})
	t.Run("a tag is read as it was created", func(t *testing.T) {
		if got := s.call(t, http.MethodGet, tagsPath+"/"+tag.ID, ""); string(got.body) != string(first.body) {
			t.Errorf("the tag is\n%s, was\n%s", got.body, first.body)
		}
	})
	t.Run("flags come back, and null is false", func(t *testing.T) {
		got := s.call(t, http.MethodPost, tagsPath, `{"name":"shop <1>","aem_enabled":true,"aem_fnln_enabled":true,"aem_ph_enabled":null,`+
			`"aem_ge_enabled":false,"aem_db_enabled":true,"aem_loc_enabled":true,"aem_external_id_enabled":true,"md_frequency":1.2}`)
		want := `"configs":{"aem_enabled":true,"aem_fnln_enabled":true,"aem_ph_enabled":false,"aem_ge_enabled":false,` +
			`"aem_db_enabled":true,"aem_loc_enabled":true,"aem_external_id_enabled":true,"md_frequency":1.2}`
		if !strings.Contains(string(got.body), want) {
			t.Errorf("the tag is\n%s, want in it\n%s", got.body, want)
		}
		if got := s.call(t, http.MethodPost, tagsPath,
			`{"name":"n","md_frequency":null}`); !strings.Contains(string(got.body), configs) {
			t.Errorf("the tag is\n%s, want in it\n%s", got.body, configs)
		}
	})
	t.Run("the list has all tags, the newest first, and no bookmark", func(t *testing.T) {
		for _, query := range []string{"", "?filter_deleted=true", "?filter_deleted=false"} {
			a := s.call(t, http.MethodGet, tagsPath+query, "")
			list := as[struct{ Items []struct{ ID string } }](t, a).Items
			if len(list) != 3 || list[2].ID != tag.ID || list[0].ID <= list[1].ID || strings.Contains(string(a.body), "bookmark") {
				t.Errorf("the list is %s", a.body)
			}
		}
	})
}

func TestAnEmptyListOfTags(t *testing.T) {
	if got := string(start(t).call(t, http.MethodGet, tagsPath, "").body); got != `{"items":[]}` {
		t.Errorf("the list is %s", got)
	}
}

// More tags than a page of any other list has.
func TestManyTags(t *testing.T) {
	s := start(t)
	for i := range 260 {
		s.tag(t, strconv.Itoa(i))
	}
	list := as[struct{ Items []struct{ Name string } }](t, s.call(t, http.MethodGet, tagsPath, "")).Items
	if len(list) != 260 || list[0].Name != "259" || list[259].Name != "0" {
		t.Errorf("the list has %d tags", len(list))
	}
}

func TestRefusedTags(t *testing.T) {
	s := start(t)
	_, theirs, _ := s.elsewhere(t)
	for body, words := range map[string][]string{
		`{}`:                               {"'name'", "required"},
		`{"name":""}`:                      {"'name'", "empty"},
		`{"name":null}`:                    {"'name'", "'string'"},
		`{"name":"n","aem_enabled":"yes"}`: {"aem_enabled", "'boolean'"},
		`{"name":"n","aem_loc_enabled":1}`: {"aem_loc_enabled", "'boolean'"},
		`{"name":"n","md_frequency":"1"}`:  {"md_frequency", "'number'"},
		`{"name":"n","md_frequency":true}`: {"md_frequency", "'number'"},
		`{"name":"n","aem_ph_enabled":0,"aem_enabled":0,"aem_ge_enabled":0,"aem_db_enabled":0}`: {"aem_enabled", "'boolean'"},
	} {
		t.Run(body, func(t *testing.T) {
			before := s.everything(t)
			s.refuse(t, http.MethodPost, tagsPath, body, 400, 1, words...)
			s.unchanged(t, before)
		})
	}
	t.Run("a tag that is not there", func(t *testing.T) {
		s.refuse(t, http.MethodGet, tagsPath+"/1", "", 404, 404, "Conversion tag could not be found.")
		s.refuse(t, http.MethodGet, tagsPath+"/"+theirs, "", 404, 404)
	})
}
