package row

import "fmt"

// frameRows is how many rows of [Who] have a checksum of their own, and how many positions of a value are packed alike.
const frameRows = 128

// whoWidth is how many bits a row takes.
func (h *Head) whoWidth() uint { return h.who[0].width + h.who[1].width + h.who[2].width }

// appendWho appends the piece of persons, stamps and pages, and says in the head how they are packed. They are frames of 128
// rows, the last one shorter; of each row the differences of person, stamp and page from the smallest, in as many bits as
// the head says, filled up with zeros to a whole byte; and the CRC-32C of the frame, four bytes, little-endian. So the place
// of a row follows from its number.
func (h *Head) appendWho(dst []byte, values *[3][]uint32) []byte {
	for i := range values {
		h.who[i] = packedFor(values[i])
	}
	p := packer{dst: dst}
	for from := 0; from < h.Rows; from += frameRows {
		begin := len(p.dst)
		for row := from; row < min(from+frameRows, h.Rows); row++ {
			for i, s := range h.who {
				p.put(uint64(values[i][row]-s.least), s.width)
			}
		}
		p.dst = appendSum(p.end(), begin)
	}
	return p.dst
}

// whoReader reads rows of a piece, and checks each frame that it reads from.
type whoReader struct {
	head  *Head
	body  []byte
	frame []byte
	at    int // the number of the frame, -1 before the first
}

func (h *Head) whoReader(body []byte) (*whoReader, error) {
	width := h.whoWidth()
	full, left := h.Rows/frameRows, h.Rows%frameRows
	size := full * (packedSize(frameRows, width) + crcSize)
	if left > 0 {
		size += packedSize(left, width) + crcSize
	}
	if len(body) != size {
		return nil, fmt.Errorf("%w: %d bytes of persons, not %d", ErrCorrupt, len(body), size)
	}
	return &whoReader{head: h, body: body, at: -1}, nil
}

// row reads person, stamp and page of a row of the block.
func (r *whoReader) row(i int) (values [3]uint32, err error) {
	width := r.head.whoWidth()
	if n := i / frameRows; n != r.at {
		from := n * (packedSize(frameRows, width) + crcSize)
		to := from + packedSize(min(frameRows, r.head.Rows-n*frameRows), width) + crcSize
		if r.frame, err = checked(r.body[from:to]); err != nil {
			return values, err
		}
		r.at = n
	}
	at := uint(i%frameRows) * width
	for k, s := range r.head.who {
		values[k] = s.least + uint32(bitsAt(r.frame, at, s.width))
		at += s.width
	}
	return values, nil
}
