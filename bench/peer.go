//go:build linux || darwin

package main

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
	"unsafe"

	"github.com/ebitengine/purego"
)

// peer is the ClickHouse engine in this process, through libchdb: the same events, in a table that is laid out for these
// questions. docs/adr/0021-the-peer-without-a-module.md says why it is loaded by hand.
type peer struct {
	folder string
	table  string         // of the size and seed
	keep   bool           // the table is not dropped
	conn   unsafe.Pointer // to the handle of the connection

	connect func(argc int, argv **byte) unsafe.Pointer
	hangUp  func(conn unsafe.Pointer)
	query   func(conn unsafe.Pointer, query, format string) unsafe.Pointer
	destroy func(result unsafe.Pointer)
	buffer  func(result unsafe.Pointer) *byte
	length  func(result unsafe.Pointer) uint
	failure func(result unsafe.Pointer) string
}

const howToGetIt = `there is no libchdb: get it with

  npm install @chdb/lib-linux-x64-gnu@26.7.3-stable.1

and name it with --libchdb node_modules/@chdb/lib-linux-x64-gnu/libchdb.so, or run without --peer`

// sharedPeer is the connection; the library allows one in a process.
var sharedPeer *peer

func (b *bench) newPeer(ctx context.Context, w *world) (p *peer, err error) {
	if b.peer != "clickhouse" {
		return nil, fmt.Errorf("there is no peer %s: clickhouse is there", b.peer)
	}
	if p = sharedPeer; p == nil {
		if p, err = b.connectPeer(); err != nil {
			return nil, err
		}
		sharedPeer = p
	}
	p.table, p.keep = fmt.Sprintf("events_%d_%d_%d_%d", w.size.Persons, w.size.Events, w.size.URLs, b.seed), b.keep != ""
	return p, p.load(ctx, b, w)
}

func (b *bench) connectPeer() (*peer, error) {
	if b.library == "" {
		return nil, errors.New(howToGetIt)
	}
	lib, err := purego.Dlopen(b.library, purego.RTLD_NOW|purego.RTLD_GLOBAL)
	if err != nil {
		return nil, fmt.Errorf("%w\n%s", err, howToGetIt)
	}
	p := &peer{}
	for name, f := range map[string]any{
		"chdb_connect": &p.connect, "chdb_close_conn": &p.hangUp, "chdb_query": &p.query, "chdb_destroy_query_result": &p.destroy,
		"chdb_result_buffer": &p.buffer, "chdb_result_length": &p.length, "chdb_result_error": &p.failure,
	} {
		purego.RegisterLibFunc(f, lib, name)
	}
	if b.keep != "" {
		p.folder = filepath.Join(b.keep, "peer")
		err = os.MkdirAll(p.folder, 0o755)
	} else {
		p.folder, err = os.MkdirTemp(b.folder, "parterre-peer-")
	}
	if err != nil {
		return nil, err
	}
	var argv []*byte
	for _, arg := range []string{"clickhouse", "--path=" + filepath.Join(p.folder, "db")} {
		argv = append(argv, &append([]byte(arg), 0)[0])
	}
	if p.conn = p.connect(len(argv), &argv[0]); p.conn == nil {
		return nil, errors.New("libchdb does not connect")
	}
	return p, nil
}

// ask runs a query and gives its answer as text.
func (p *peer) ask(query string) (string, error) {
	handle := *(*unsafe.Pointer)(p.conn)
	result := p.query(handle, query, "TSV")
	if result == nil {
		return "", fmt.Errorf("no answer to %s", query)
	}
	defer p.destroy(result)
	if message := p.failure(result); message != "" {
		return "", fmt.Errorf("%s: %s", query, message)
	}
	n := p.length(result)
	if n == 0 {
		return "", nil
	}
	return string(unsafe.Slice(p.buffer(result), n)), nil
}

// close drops the table, unless it is kept; the connection stays for the next size, as the library cannot connect twice.
func (p *peer) close() error {
	err := os.RemoveAll(filepath.Join(p.folder, "events.bin"))
	if !p.keep {
		_, dropping := p.ask("DROP TABLE IF EXISTS " + p.table + " SYNC")
		err = errors.Join(dropping, err)
	}
	return err
}

// persons counts the persons of the events that meet a condition.
func (p *peer) persons(where string, n *int) (time.Duration, error) {
	begun := time.Now()
	text, err := p.ask("SELECT uniqExact(person) FROM " + p.table + " WHERE " + where + " SETTINGS max_threads = 2")
	took := time.Since(begun)
	if err == nil {
		*n, err = strconv.Atoi(strings.TrimSpace(text))
	}
	return took, err
}

const schema = `(
	name LowCardinality(String), source LowCardinality(String), ingestion LowCardinality(String), url LowCardinality(String),
	at UInt32, person UInt32, order_id String, value String, currency LowCardinality(String), quantity UInt32,
	products Array(LowCardinality(String)), query LowCardinality(String)
) ENGINE = MergeTree ORDER BY (name, source, ingestion, url)`

// load makes the table and fills it, a million events at a time.
func (p *peer) load(ctx context.Context, b *bench, w *world) error {
	if p.keep {
		if n, err := p.ask("SELECT count() FROM " + p.table); err == nil && strings.TrimSpace(n) == strconv.Itoa(w.size.Events) {
			return nil
		}
	}
	if _, err := p.ask("DROP TABLE IF EXISTS " + p.table + " SYNC"); err != nil {
		return err
	}
	if _, err := p.ask("CREATE TABLE " + p.table + schema); err != nil {
		return err
	}
	line := b.progress("peer", w.size.Events)
	defer line.end()
	const step = 1000 // chunks
	for from := 0; from < w.chunks(); from += step {
		file := filepath.Join(p.folder, "events.bin")
		n, err := writeRows(file, w, from, min(from+step, w.chunks()))
		if err != nil {
			return err
		}
		if _, err := p.ask("INSERT INTO " + p.table + " SELECT * FROM file('" + file + `', 'RowBinary', 'name String, source String, ` +
			`ingestion String, url String, at UInt32, person UInt32, order_id String, value String, currency String, ` +
			`quantity UInt32, products Array(String), query String')`); err != nil {
			return err
		}
		line.add(n)
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
	_, err := p.ask("OPTIMIZE TABLE " + p.table + " FINAL")
	return err
}

// writeRows writes chunks of events to a file, in the peer's form of rows.
func writeRows(file string, w *world, from, to int) (n int, err error) {
	f, err := os.Create(file)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	out := bufio.NewWriterSize(f, 1<<20)
	var events []event
	var row []byte
	text := func(s string) { row = append(binary.AppendUvarint(row, uint64(len(s))), s...) }
	number := func(v int) { row = binary.LittleEndian.AppendUint32(row, uint32(v)) }
	for c := from; c < to; c++ {
		events = w.chunk(c, events)
		for i := range events {
			e := &events[i]
			row = row[:0]
			text(e.name)
			text(map[bool]string{true: "mobile", false: "web"}[e.mobile])
			text(map[bool]string{true: "conversions_api", false: "tag"}[e.api])
			text(w.urls[e.url])
			number(int(e.at))
			number(e.person)
			if e.order > 0 {
				text(orderID(e.order))
				text(money(e.cents))
				text("USD")
			} else {
				row = append(row, 0, 0, 0)
			}
			number(quantity(e.items))
			row = binary.AppendUvarint(row, uint64(len(e.items)))
			for _, it := range e.items {
				text(productID(it.product))
			}
			if e.query > 0 {
				text(queryText(e.query))
			} else {
				row = append(row, 0)
			}
			if _, err := out.Write(row); err != nil {
				return n, err
			}
			n++
		}
	}
	return n, out.Flush()
}
