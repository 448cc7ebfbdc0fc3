package actalike

import (
	"encoding/binary"
	"encoding/gob"
	"errors"
	"fmt"
	"io"
)

// What is stored of a model, and of learning that is not done, is lists of numbers, which may be long, and then the rest in
// one gob. A list is the count of its numbers, eight bytes, and the numbers, all little-endian.

// chunk is how many numbers are written or read at a time.
const chunk = 1 << 14

// mostAtOnce is for how many numbers room is made before they are seen to be there.
const mostAtOnce = 1 << 26

var errStored = errors.New("what is stored is not of the form that it should be")

func writeNumbers[N uint32 | float32](w io.Writer, numbers []N) error {
	buf := binary.LittleEndian.AppendUint64(nil, uint64(len(numbers)))
	if _, err := w.Write(buf); err != nil {
		return err
	}
	buf = make([]byte, 4*chunk)
	for len(numbers) > 0 {
		some := numbers[:min(chunk, len(numbers))]
		numbers = numbers[len(some):]
		n, err := binary.Encode(buf, binary.LittleEndian, some)
		if err != nil {
			return err
		}
		if _, err := w.Write(buf[:n]); err != nil {
			return err
		}
	}
	return nil
}

// readNumbers reads a list as it was written. It grows with what it reads.
func readNumbers[N uint32 | float32](r io.Reader) ([]N, error) {
	buf := make([]byte, 4*chunk)
	if _, err := io.ReadFull(r, buf[:8]); err != nil {
		return nil, err
	}
	left := binary.LittleEndian.Uint64(buf)
	numbers := make([]N, 0, min(left, mostAtOnce))
	for left > 0 {
		n := min(chunk, left)
		if _, err := io.ReadFull(r, buf[:4*n]); err != nil {
			return nil, err
		}
		numbers = append(numbers, make([]N, n)...)
		if _, err := binary.Decode(buf[:4*n], binary.LittleEndian, numbers[len(numbers)-int(n):]); err != nil { //nolint:gosec // few
			return nil, err
		}
		left -= n
	}
	return numbers, nil
}

// modelVersion is the first number of a model as it is stored.
const modelVersion = 2

// small is what is stored of a model beside the vectors.
type small struct {
	Names          []string
	Persons, Total int
	Dim            int
	Values         []float64
	Trees          *Trees
}

// Write writes a model to be stored.
func (m *Model) Write(w io.Writer) error {
	if err := writeNumbers(w, []uint32{modelVersion}); err != nil {
		return err
	}
	if err := writeNumbers(w, m.Factors.Vectors); err != nil {
		return err
	}
	return gob.NewEncoder(w).Encode(small{m.Names, m.Persons, m.Total, m.Factors.Dim, m.Factors.Values, m.Trees})
}

// ReadModel reads a model that Write wrote.
func ReadModel(r io.Reader) (*Model, error) {
	version, err := readNumbers[uint32](r)
	if err != nil || len(version) != 1 || version[0] != modelVersion {
		return nil, errors.Join(errStored, err)
	}
	vectors, err := readNumbers[float32](r)
	if err != nil {
		return nil, fmt.Errorf("read the factors of a model: %w", err)
	}
	var s small
	if err := gob.NewDecoder(r).Decode(&s); err != nil {
		return nil, fmt.Errorf("read a model: %w", err)
	}
	f := &Factors{Dim: s.Dim, Vectors: vectors, Values: s.Values}
	if s.Dim < panel || len(vectors) != len(s.Names)*s.Dim || len(s.Values) != s.Dim {
		return nil, errStored
	}
	return &Model{Names: s.Names, Persons: s.Persons, Total: s.Total, Factors: f, Trees: s.Trees}, nil
}

func (f *Factors) write(w io.Writer) error {
	if err := writeNumbers(w, f.Vectors); err != nil {
		return err
	}
	return gob.NewEncoder(w).Encode(f.Values)
}

func (f *Factors) read(r io.Reader) (err error) {
	if f.Vectors, err = readNumbers[float32](r); err == nil {
		err = gob.NewDecoder(r).Decode(&f.Values)
	}
	f.Dim = len(f.Values)
	return err
}

// write writes the vectors of the factors that are for this purpose.
func (s *subspace) write(w io.Writer, purpose string) error {
	if err := writeNumbers(w, s.vectors); err != nil {
		return err
	}
	return gob.NewEncoder(w).Encode(vectorsOf{purpose, s.rounds})
}

type vectorsOf struct {
	Purpose string
	Rounds  int
}

func (s *subspace) read(r io.Reader, purpose string) error {
	vectors, err := readNumbers[float32](r)
	if err != nil {
		return err
	}
	var of vectorsOf
	if err := gob.NewDecoder(r).Decode(&of); err != nil {
		return err
	}
	if of.Purpose == purpose && len(vectors) == len(s.vectors) {
		copy(s.vectors, vectors)
		s.rounds = of.Rounds
	}
	return nil
}

func (s *sample) write(w io.Writer) error {
	rows, members := make([]float32, 0, len(s.rows)*features), make([]uint32, len(s.rows))
	for i := range s.rows {
		rows = append(rows, s.rows[i][:]...)
		if s.members[i] {
			members[i] = 1
		}
	}
	if err := writeNumbers(w, rows); err != nil {
		return err
	}
	if err := writeNumbers(w, members); err != nil {
		return err
	}
	return writeNumbers(w, s.weights)
}

func (s *sample) read(r io.Reader) error {
	rows, err := readNumbers[float32](r)
	if err != nil {
		return err
	}
	members, err := readNumbers[uint32](r)
	if err != nil {
		return err
	}
	if s.weights, err = readNumbers[float32](r); err != nil {
		return err
	}
	if len(rows) != len(members)*features || len(s.weights) != len(members) {
		return errStored
	}
	s.rows, s.members = make([]vector, len(members)), make([]bool, len(members))
	for i := range members {
		copy(s.rows[i][:], rows[i*features:])
		s.members[i] = members[i] == 1
	}
	return nil
}

// begun is what is stored of a course beside the persons of whom is learnt.
type begun struct {
	Names          []string
	Persons, Total int
	Seed           uint64
}

func (c *course) write(w io.Writer) error {
	if err := writeNumbers(w, c.p.starts); err != nil {
		return err
	}
	if err := writeNumbers(w, c.p.engaged); err != nil {
		return err
	}
	return gob.NewEncoder(w).Encode(begun{c.p.names, c.persons, c.total, c.seed})
}

func (c *course) read(r io.Reader) (err error) {
	p := &Population{}
	if p.starts, err = readNumbers[uint32](r); err != nil {
		return err
	}
	if p.engaged, err = readNumbers[uint32](r); err != nil {
		return err
	}
	var b begun
	if err := gob.NewDecoder(r).Decode(&b); err != nil {
		return err
	}
	p.names, p.degrees = b.Names, make([]uint32, len(b.Names))
	for _, item := range p.engaged {
		p.degrees[item]++
	}
	c.p, c.persons, c.total, c.seed = p, b.Persons, b.Total, b.Seed
	return nil
}
