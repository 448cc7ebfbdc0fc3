package demo

import (
	"cmp"
	"fmt"
	"iter"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/parterre/parterre/client"
)

// person is somebody of the population. What somebody likes is never told to the service; it shows in what they do.
type person struct {
	number  int // from 1
	emails  []string
	maid    string // empty for most
	country string
	tastes  [2]int // topics: the one that counts most, then the other
}

func (p *person) externalID() string { return fmt.Sprintf("u%d", p.number) }

// address is a network address that nobody else has, of those that are kept for tests (RFC 2544).
func (p *person) address() string {
	return fmt.Sprintf("198.%d.%d.%d", 18+p.number>>16&1, p.number>>8&255, p.number&255)
}

// fondness is how much the people of each topic like the shop.
var fondness = []float64{1, .5, .35, .3, .06, .06, .03, .1, .12, .04}

// fond is how much somebody likes the shop.
func (p *person) fond() float64 { return fondness[p.tastes[0]] + fondness[p.tastes[1]]/3 }

var (
	givenNames = []string{
		"ada", "bruno", "carla", "dmitri", "elena", "farid", "grace", "hugo", "ines", "jonas", "kemi", "lin", "maya", "noor",
		"oscar", "priya", "quentin", "rosa", "samir", "tessa", "uma", "viktor", "wanda", "xenia", "yusuf", "zoe",
	}
	familyNames = []string{
		"abe", "baker", "costa", "diaz", "evans", "fischer", "garcia", "hill", "ito", "jensen", "khan", "lopez", "meyer",
		"novak", "olsen", "park", "quinn", "rossi", "silva", "tran", "umar", "vogel", "weber", "young", "zhang",
	}
	mailDomains     = []string{"mail.example", "post.example", "inbox.example", "letters.example"}
	topicPopularity = []float64{1.2, 1.3, 1, 1, 1.6, 1.4, 1.2, 1.3, 1.3, 1.5}
	countries       = []string{"US", "CA", "GB"}
	countryShares   = []float64{.76, .14, .10}
)

func (s *shop) newPersons(n int) []person {
	r := s.random(personStream)
	persons := make([]person, n)
	for i := range persons {
		p := &persons[i]
		p.number = i + 1
		name := givenNames[r.IntN(len(givenNames))] + "." + familyNames[r.IntN(len(familyNames))]
		p.emails = []string{fmt.Sprintf("%s%d@%s", name, p.number, pick(r, mailDomains))}
		if r.Float64() < .08 {
			p.emails = append(p.emails, fmt.Sprintf("%s.%d@work.example", name, p.number))
		}
		if r.Float64() < .4 {
			p.maid = fmt.Sprintf("%08x-%04x-4%03x-8%03x-%012x", r.Uint32(), r.IntN(1<<16), r.IntN(1<<12), r.IntN(1<<12),
				r.Int64N(1<<48))
		}
		p.country = countries[weighted(r, countryShares)]
		p.tastes = [2]int{weighted(r, topicPopularity), weighted(r, topicPopularity)}
	}
	return persons
}

// people are the persons as the platform knows them.
func (s *shop) people() iter.Seq[client.Person] {
	return func(yield func(client.Person) bool) {
		for i := range s.persons {
			p := &s.persons[i]
			out := client.Person{ExternalID: p.externalID(), Emails: p.emails, Country: p.country}
			if p.maid != "" {
				out.MAIDs = []string{p.maid}
			}
			if !yield(out) {
				return
			}
		}
	}
}

// someone picks a person: a few do a lot, and most do little.
func (s *shop) someone(r *rand.Rand) *person {
	return &s.persons[int(float64(len(s.persons))*math.Pow(r.Float64(), 1.5))]
}

// visitor picks a person who likes the shop.
func (s *shop) visitor(r *rand.Rand) *person {
	for {
		if p := s.someone(r); r.Float64() < p.fond() {
			return p
		}
	}
}

// readers are n persons who read the shop's newsletter, the most faithful first: people who like the shop, mostly.
func (s *shop) readers(n int) []*person {
	r := s.random(listStream)
	type candidate struct {
		p   *person
		key float64
	}
	all := make([]candidate, len(s.persons))
	for i := range s.persons {
		p := &s.persons[i]
		all[i] = candidate{p, math.Pow(r.Float64(), 1/p.fond())} // the largest keys are a sample weighted by fondness
	}
	slices.SortFunc(all, func(a, b candidate) int { return cmp.Compare(b.key, a.key) })
	chosen := make([]*person, n)
	for i := range chosen {
		chosen[i] = all[i].p
	}
	return chosen
}

// records are the e-mail addresses of persons as a customer list takes them: some as they are, some as SHA-256 digests.
func records(persons []*person) []string {
	list := make([]string, len(persons))
	for i, p := range persons {
		list[i] = p.emails[0]
		if i%2 == 1 {
			list[i] = client.HashEmail(list[i])
		}
	}
	return list
}
