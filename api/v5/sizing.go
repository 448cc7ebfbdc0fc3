package v5

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/api/wire"
	"github.com/parterre/parterre/audiences"
	"github.com/parterre/parterre/internal/jsonbody"
)

// sizing is the contract's answer of ad_groups/audience_sizing.
type sizing struct {
	Lower uint64 `json:"audience_size_lower_bound"`
	Upper uint64 `json:"audience_size_upper_bound"`
}

// The words of a request for a size (contract, AdGroupAudienceSizingRequest and TargetingSpec).
var (
	placementGroups = []string{"ALL", "SEARCH", "BROWSE", "OTHER"}
	creativeTypes   = []string{"REGULAR", "VIDEO", "SHOPPING", "CAROUSEL", "MAX_VIDEO", "SHOP_THE_PIN", "COLLECTION", "IDEA"}
	matchTypes      = []string{"BROAD", "PHRASE", "EXACT", "EXACT_NEGATIVE", "PHRASE_NEGATIVE"}
	strategies      = []string{"CHOOSE_YOUR_OWN", "FIND_NEW_CUSTOMERS", "RECONNECT_WITH_USERS"}
	buckets         = []string{"18-24", "19+", "20+", "21+", "25-34", "35-44", "45-49", "50-54", "55-64", "65+"}
	digits          = regexp.MustCompile(`^\d+$`)
)

// sizeAudience answers how many persons an ad group would reach. Without targeting it is nobody, as recorded. Placement,
// creatives, keywords, product groups, shopping and strategy must be right and change nothing: they are about ads, and none
// are served here.
func (a *API) sizeAudience(r *wire.Request) (any, error) {
	body := jsonbody.Parse("", r.Payload)
	body.DropNulls("creative_types", "product_group_ids", "keywords")
	body.Bool("auto_targeting_enabled")
	oneOf(body, "placement_group", placementGroups)
	listOfWords(body, "creative_types", creativeTypes)
	listOfIDs(body, "product_group_ids")
	keywords(body)
	spec := body.Object("targeting_spec")
	t, asks := targeting(spec)
	body.Adopt(spec)
	if err := body.Err(); err != nil {
		return nil, err
	}
	if !asks {
		return sizing{}, nil
	}
	bounds, err := a.service.Size(r.Context(), r.Account, t)
	return sizing{bounds.Lower, bounds.Upper}, err
}

// targeting reads a targeting_spec, nil for none. Asks says whether it asks for anything.
func targeting(spec *jsonbody.Object) (t audiences.Targeting, asks bool) {
	if spec == nil {
		return t, false
	}
	spec.DropNulls("AGE_BUCKET", "APPTYPE", "AUDIENCE_EXCLUDE", "AUDIENCE_INCLUDE", "GENDER", "GEO", "LOCALE", "LOCATION",
		"SHOPPING_RETARGETING", "TARGETING_STRATEGY") // those that may be null
	t.Include, t.Exclude = listOfIDs(spec, "AUDIENCE_INCLUDE"), listOfIDs(spec, "AUDIENCE_EXCLUDE")
	listOfWords(spec, "TARGETING_STRATEGY", strategies)
	retargeting(spec)
	for _, d := range []audiences.Dimension{
		ages(spec), years(spec),
		values(parterre.Gender, listOfWords(spec, "GENDER", parterre.Genders)),
		values(parterre.Device, listOfWords(spec, "APPTYPE", parterre.Devices)),
		values(parterre.Interest, spec.Strings("INTEREST")),
		values(parterre.Locale, spec.Strings("LOCALE")),
		places(spec.Strings("LOCATION")), places(spec.Strings("GEO")),
	} {
		if len(d.Values) > 0 || len(d.Countries) > 0 {
			t.Dimensions = append(t.Dimensions, d)
		}
	}
	return t, len(t.Include) > 0 || len(t.Exclude) > 0 || len(t.Dimensions) > 0
}

func values(kind parterre.AttributeKind, texts []string) (d audiences.Dimension) {
	for _, text := range texts {
		d.Values = append(d.Values, audiences.Attribute{Kind: kind, Value: text})
	}
	return d
}

// places are countries, and regions and metropolitan areas as the operator calls them.
func places(texts []string) (d audiences.Dimension) {
	for _, text := range texts {
		if _, err := parterre.ParseCountry("", text); err == nil {
			d.Countries = append(d.Countries, text)
			continue
		}
		d.Values = append(d.Values, audiences.Attribute{Kind: parterre.Region, Value: text},
			audiences.Attribute{Kind: parterre.Metro, Value: text})
	}
	return d
}

// ages reads AGE_BUCKET: any of the buckets will do.
func ages(spec *jsonbody.Object) (d audiences.Dimension) {
	for _, name := range listOfWords(spec, "AGE_BUCKET", buckets) {
		if least, most, ok := audiences.AgeBucket(name); ok {
			d.Values = append(d.Values, audiences.Ages(least, most)...)
		}
	}
	return d
}

// years reads MINIMUM_AGE and MAXIMUM_AGE, which ends in a plus sign when there is no maximum.
func years(spec *jsonbody.Object) (d audiences.Dimension) {
	least, most := 0, parterre.MaxAge
	for _, bound := range []struct {
		name string
		to   *int
		open bool
	}{{"MINIMUM_AGE", &least, false}, {"MAXIMUM_AGE", &most, true}} {
		s := spec.String(bound.name)
		if s == nil {
			continue
		}
		text, open := strings.CutSuffix(*s, "+")
		n, err := strconv.Atoi(text)
		if !digits.MatchString(text) || err != nil || open && !bound.open {
			spec.Fail(bound.name, "%s must be a number of years in digits", parterre.Quote(*s))
			return d
		}
		if !open {
			*bound.to = n
		}
	}
	if !spec.Has("MINIMUM_AGE") && !spec.Has("MAXIMUM_AGE") {
		return d
	}
	if least > most {
		spec.Fail("MINIMUM_AGE", "%d is above MAXIMUM_AGE, which is %d", least, most)
	}
	d.Values = audiences.Ages(least, most)
	return d
}

func listOfWords(o *jsonbody.Object, member string, allowed []string) []string {
	words := o.Strings(member)
	for _, w := range words {
		if !slices.Contains(allowed, w) {
			o.Fail(member, "%s is not one of ['%s']", parterre.Quote(w), strings.Join(allowed, "', '"))
		}
	}
	return words
}

func listOfIDs(o *jsonbody.Object, member string) (ids []parterre.ID) {
	for _, s := range o.Strings(member) {
		id, err := parterre.ParseID(o.At(member), s)
		o.FailWith(err)
		ids = append(ids, id)
	}
	return ids
}

// mostWindow is how many days a window of shopping retargeting may have; the documentation has none that is longer.
const mostWindow = 540

func retargeting(spec *jsonbody.Object) {
	for i, raw := range spec.Elements("SHOPPING_RETARGETING") {
		one := jsonbody.Parse(spec.At("SHOPPING_RETARGETING")+"["+strconv.Itoa(i)+"]", raw)
		one.Int("exclusion_window", 0, mostWindow)
		one.Int("lookback_window", 0, mostWindow)
		for j, tag := range one.Elements("tag_types") {
			if n, err := strconv.Atoi(string(tag)); err != nil || n < 0 {
				one.Fail("tag_types", "[%d] must be a whole number", j)
			}
		}
		spec.Adopt(one)
	}
}

// longestKeyword is how long a keyword may be, in characters (reference, section 11).
const longestKeyword = 120

func keywords(body *jsonbody.Object) {
	for i, raw := range body.Elements("keywords") {
		k := jsonbody.Parse(body.At("keywords")+"["+strconv.Itoa(i)+"]", raw)
		if !k.Has("match_type") { // which may be null
			k.Require("match_type")
		}
		k.Require("value")
		k.DropNulls("match_type")
		oneOf(k, "match_type", matchTypes)
		if s := k.String("value"); s != nil && len([]rune(*s)) > longestKeyword {
			k.Fail("value", "is too long: at most %d characters are allowed", longestKeyword)
		}
		body.Adopt(k)
	}
}
