package demo

import (
	"fmt"
	"net/url"
	"strings"
)

const (
	shopDomain = "www.entomi.com"
	shopURL    = "https://" + shopDomain
	shopBrand  = "Entomi"
)

// topics are what people care about, and what pins are of. The shop sells something for the first of them.
var topics = []string{
	"insects", "gardening", "photography", "prints", "cooking", "travel", "fitness", "crafts", "interiors", "fashion",
}

// section is a part of the shop.
type section struct {
	slug  string
	topic int // of topics
	goods []product
}

// product is something that the shop sells.
type product struct {
	id, name, slug, section string
	cents                   int
}

func (p product) url() string { return shopURL + "/" + p.section + "/" + p.slug }

func (p product) price() string { return money(p.cents) }

// assortment is what the shop sells: names in the section's order, at a price that rises from the first to the last.
var assortment = []struct {
	slug        string
	topic       int
	cheap, step int // in cents
	names       []string
}{
	{"nets", 0, 1190, 700, []string{"Pocket net", "Sweep net", "Aerial net", "Telescopic net", "Pond net", "Light trap"}},
	{"microscopes", 0, 3900, 5200, []string{"Hand lens", "Field loupe", "Stereo microscope", "USB microscope", "Stand"}},
	{"display-cases", 0, 1500, 900, []string{"Pin box", "Glass dome", "Riker mount", "Cabinet drawer", "Wall case"}},
	{"field-guides", 0, 1250, 450, []string{"Hedgerow beetles", "Moths by night", "Bees and wasps", "Dragonflies", "Spiders"}},
	{"bee-garden", 1, 690, 800, []string{"Flower seeds", "Bee bath", "Insect hotel", "Butterfly feeder", "Mason bee house"}},
	{"pond", 1, 990, 1500, []string{"Water lily", "Reed basket", "Dragonfly perch", "Barrel pond", "Solar pump"}},
	{"macro", 2, 2500, 6500, []string{"Reversing ring", "Extension tubes", "Ring light", "Focus rail", "Macro lens"}},
	{"prints", 3, 1800, 1100, []string{"Stag beetle", "Atlas moth", "Honeycomb", "Cicada wings", "Plate of scarabs"}},
}

func newSections() []section {
	sections := make([]section, len(assortment))
	for i, a := range assortment {
		sections[i] = section{slug: a.slug, topic: a.topic}
		for j, name := range a.names {
			sections[i].goods = append(sections[i].goods, product{
				id: fmt.Sprintf("%d%02d", 10+i, j+1), name: name, section: a.slug,
				slug: strings.ReplaceAll(strings.ToLower(name), " ", "-"), cents: a.cheap + j*a.step,
			})
		}
	}
	return sections
}

// withQuery adds names and values, one after the other, to an address.
func withQuery(address string, pairs ...string) string {
	q := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		q.Set(pairs[i], pairs[i+1])
	}
	return address + "?" + q.Encode()
}

func money(cents int) string { return fmt.Sprintf("%d.%02d", cents/100, cents%100) }
