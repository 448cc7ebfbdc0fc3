package main

import (
	"bufio"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/RoaringBitmap/roaring/v2"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/actalike"
)

// evalResult is the quality on one population: averages over its audiences.
type evalResult struct {
	Population string  `json:"population"`
	Method     string  `json:"method"`
	Audiences  int     `json:"audiences"`
	R1         float64 `json:"r_at_1"`
	R2         float64 `json:"r_at_2"`
	R5         float64 `json:"r_at_5"`
	R10        float64 `json:"r_at_10"`
	AUC        float64 `json:"auc"`
	Lift1      float64 `json:"lift_at_1"`
	Trained    float64 `json:"trained_seconds"`
	Ranked     float64 `json:"ranked_seconds_each"`
}

// bar is what is demanded of a population, and what is hoped for.
var bar = map[string][2]evalResult{
	"pinterest": {{R1: .267, R5: .615, R10: .803, AUC: .938}, {R1: .277, R5: .634, R10: .822, AUC: .950}},
	"gowalla":   {{R1: .422, R5: .795, R10: .911, AUC: .964}, {R1: .452, R5: .826, R10: .935, AUC: .974}},
}

// actAlikeEval ranks every audience of every population in a folder by the halves that are known, and then looks at the halves
// that are not.
func actAlikeEval(args []string) error {
	flags := flag.NewFlagSet("ACTALIKE-EVAL", flag.ContinueOnError)
	dir := flags.String("dir", "", "folder of populations, each a folder with train.tsv.gz and audiences.json.gz")
	out := flags.String("out", "", "file for the results as JSON")
	seed := flags.Uint64("seed", 1, "what everything random begins from")
	if err := flags.Parse(args); err != nil {
		return err
	}
	found, err := filepath.Glob(filepath.Join(*dir, "*", "train.tsv.gz"))
	if err != nil || len(found) == 0 {
		return errors.Join(fmt.Errorf("there is no population in %q", *dir), err)
	}
	var results []evalResult
	for _, path := range found {
		r, err := evaluate(filepath.Dir(path), *seed)
		if err != nil {
			return err
		}
		results = append(results, r)
	}
	printEval(results)
	if *out == "" {
		return nil
	}
	body, err := json.MarshalIndent(results, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(*out, append(body, '\n'), 0o600)
}

func printEval(results []evalResult) {
	fmt.Fprintf(os.Stdout, "%-11s %-16s %6s %6s %6s %6s %6s %7s\n", "population", "", "R@1", "R@2", "R@5", "R@10", "AUC", "lift@1")
	for _, r := range results {
		fmt.Fprintf(os.Stdout, "%-11s %-16s %6.4f %6.4f %6.4f %6.4f %6.4f %7.1f  (learnt in %.0f s, ranked in %.2f s each)\n", r.Population,
			r.Method, r.R1, r.R2, r.R5, r.R10, r.AUC, r.Lift1, r.Trained, r.Ranked)
		for i, name := range []string{"bar: demanded", "bar: stretch"} {
			if b, there := bar[r.Population]; there {
				fmt.Fprintf(os.Stdout, "%-11s %-16s %6.3f %6s %6.3f %6.3f %6.3f\n", "", name, b[i].R1, "", b[i].R5, b[i].R10, b[i].AUC)
			}
		}
	}
}

// halved is an audience of which half is known.
type halved struct {
	Seed    []uint32 `json:"seed"`
	HeldOut []uint32 `json:"held_out"` // for judge alone
}

func evaluate(folder string, seed uint64) (evalResult, error) {
	r := evalResult{Population: filepath.Base(folder)}
	p, err := readPopulation(filepath.Join(folder, "train.tsv.gz"))
	if err != nil {
		return r, err
	}
	var file struct {
		Audiences []halved `json:"audiences"`
	}
	err = unzip(filepath.Join(folder, "audiences.json.gz"), func(in io.Reader) error { return json.NewDecoder(in).Decode(&file) })
	if err != nil {
		return r, err
	}
	begun := time.Now()
	m, err := actalike.Train(context.Background(), p, seed, nil)
	if err != nil {
		return r, err
	}
	r.Method, r.Trained, begun = string(m.Method()), time.Since(begun).Seconds(), time.Now()
	everybody := roaring.New()
	everybody.AddRange(1, uint64(p.Persons())+1) //nolint:gosec // few
	for _, a := range file.Audiences {
		seeds := roaring.New()
		for _, person := range a.Seed {
			seeds.Add(person + 1) // persons are numbered from 0 in the data
		}
		r.judge(m.Rank(p, seeds, everybody).Best(p.Persons()), &a, p.Persons())
	}
	n := float64(len(file.Audiences))
	r.Audiences, r.Ranked = len(file.Audiences), time.Since(begun).Seconds()/n
	for _, sum := range []*float64{&r.R1, &r.R2, &r.R5, &r.R10, &r.AUC, &r.Lift1} {
		*sum /= n
	}
	return r, nil
}

// judge adds what a ranking of everybody but the seeds found.
func (r *evalResult) judge(ranked []parterre.PersonID, a *halved, persons int) {
	held := roaring.BitmapOf(a.HeldOut...)
	all, n := float64(len(a.HeldOut)), float64(len(ranked))
	at, places := map[int]float64{}, 0.0
	for place, person := range ranked {
		if !held.Contains(uint32(person) - 1) {
			continue
		}
		places += float64(place)
		for _, x := range []int{1, 2, 5, 10} {
			if place < actalike.Size(x, persons) {
				at[x]++
			}
		}
	}
	r.R1, r.R2, r.R5, r.R10 = r.R1+at[1]/all, r.R2+at[2]/all, r.R5+at[5]/all, r.R10+at[10]/all
	r.Lift1 += at[1] / float64(actalike.Size(1, persons)) / (all / n)
	r.AUC += 1 - (places-all*(all-1)/2)/(all*(n-all))
}

// readPopulation reads lines of a person and the items that they engaged with.
func readPopulation(path string) (*actalike.Population, error) {
	var engaged []*roaring.Bitmap // by item
	persons := 0
	err := unzip(path, func(in io.Reader) error {
		lines := bufio.NewScanner(in)
		lines.Buffer(nil, 1<<24)
		for lines.Scan() {
			person, list, _ := strings.Cut(lines.Text(), "\t")
			if strings.HasPrefix(person, "#") {
				continue
			}
			n, err := strconv.ParseUint(person, 10, 31)
			if err != nil {
				return err
			}
			persons = max(persons, int(n)+1) //nolint:gosec // 31 bits
			for word := range strings.FieldsSeq(list) {
				i, err := strconv.Atoi(word)
				if err != nil {
					return err
				}
				for len(engaged) <= i {
					engaged = append(engaged, roaring.New())
				}
				engaged[i].Add(uint32(n) + 1)
			}
		}
		return lines.Err()
	})
	if err != nil {
		return nil, err
	}
	return actalike.NewPopulation(persons, nil, func(yield func(string, *roaring.Bitmap) error) error {
		for i, who := range engaged {
			if err := yield(strconv.Itoa(i), who); err != nil {
				return err
			}
		}
		return nil
	})
}

func unzip(path string, read func(io.Reader) error) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }() // it was only read
	in, err := gzip.NewReader(file)
	if err == nil {
		err = read(in)
	}
	if err != nil {
		return fmt.Errorf("read %s: %w", path, err)
	}
	return nil
}
