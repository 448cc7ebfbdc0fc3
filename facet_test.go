package parterre_test

import (
	"slices"
	"testing"

	"github.com/parterre/parterre"
)

func TestANumberIsTheSameInEverySpelling(t *testing.T) {
	for want, spellings := range map[string][]string{
		"116":     {"116", "116.0", "116.00", "+116", "0116", "1.16e2", "1160E-1", "116."},
		"199.98":  {"199.98", "199.980", "0199.98"},
		"0":       {"0", "0.0", "-0", "-0.00", "0e5", "00"},
		"-5.5":    {"-5.5", "-5.50", "-55e-1"},
		"0.5":     {"0.5", ".5", "5e-1"},
		"1000000": {"1e6", "1000000"},
	} {
		for _, s := range spellings {
			if got := parterre.FieldDatum("value", s); got != (parterre.Datum{Name: "value", Value: want}) {
				t.Errorf("%s is %v, not %s", s, got, want)
			}
		}
	}
}

func TestWhatIsNoNumberIsLeftAsItIs(t *testing.T) {
	for _, s := range []string{
		"", " 116", "116 ", "1,16", "1a1", "1_000", "0x10", "Inf", "NaN", "e", "+", ".", "1e", "--1", "1e999", "1.2.3", "free",
	} {
		if got := parterre.FieldDatum("value", s).Value; got != s {
			t.Errorf("%q is %q", s, got)
		}
	}
}

func TestOnlyWhatIsANumberIsReadAsOne(t *testing.T) {
	for _, name := range []string{"value", "order_quantity", "num_items", "predicted_ltv"} {
		if got := parterre.FieldDatum(name, "7.0").Value; got != "7" {
			t.Errorf("%s is %s", name, got)
		}
	}
	for _, name := range []string{"product_price", "product_quantity", "item_price", "quantity"} {
		if got := parterre.ItemDatum(name, "7.0").Value; got != "7" {
			t.Errorf("%s is %s", name, got)
		}
	}
	for _, name := range []string{"order_id", "promo_code", "page_name", "shelf"} {
		if got := parterre.FieldDatum(name, "007.0").Value; got != "007.0" {
			t.Errorf("%s is %s", name, got)
		}
	}
	for _, name := range []string{"product_id", "id", "product_variant_id"} {
		if got := parterre.ItemDatum(name, "007.0").Value; got != "007.0" {
			t.Errorf("%s is %s", name, got)
		}
	}
}

func TestTheNamesOfEventsBecomeThoseOfRules(t *testing.T) {
	for name, want := range map[string]string{
		"search_string": "search_query", "search_query": "search_query", "num_items": "order_quantity", "currency": "currency",
		"id": "id", "quantity": "quantity", // names of items, not of the event
	} {
		if got := parterre.FieldDatum(name, "x"); got.Name != want {
			t.Errorf("the field %s is %s, not %s", name, got.Name, want)
		}
	}
	for name, want := range map[string]string{
		"id": "product_id", "item_price": "product_price", "item_name": "product_name", "item_category": "product_category",
		"item_brand": "product_brand", "quantity": "product_quantity", "product_id": "product_id",
		"search_string": "search_string", // a name of the event, not of items
	} {
		if got := parterre.ItemDatum(name, "x"); got.Name != want {
			t.Errorf("the item's field %s is %s, not %s", name, got.Name, want)
		}
	}
}

func TestSortedDataAreFoundByName(t *testing.T) {
	data := parterre.SortData([]parterre.Datum{{"b", "2"}, {"a", "1"}, {"ab", "3"}, {"b", "4"}, {"", "5"}, {"B", "6"}})
	if want := []parterre.Datum{{"", "5"}, {"B", "6"}, {"a", "1"}, {"ab", "3"}, {"b", "2"}}; !slices.Equal(data, want) {
		t.Errorf("sorted: %v, not %v", data, want)
	}
	for _, d := range data {
		if value, ok := parterre.Value(data, d.Name); !ok || value != d.Value {
			t.Errorf("%q is %q, %t", d.Name, value, ok)
		}
	}
	for _, name := range []string{"A", "aa", "c"} {
		if value, ok := parterre.Value(data, name); ok || value != "" {
			t.Errorf("%q is %q, but it is not there", name, value)
		}
	}
	if _, ok := parterre.Value(nil, "a"); ok {
		t.Error("something is found among nothing")
	}
}
