package server

import (
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// connectionMemory is about what a connection takes, with a request that is small.
const connectionMemory = 64 << 10

// connections is how many there may be at once within a limit of memory, of which they get an eighth.
func connections(limit int64) int64 {
	if limit == 0 {
		limit = usualMemory
	}
	return min(max(limit/8/connectionMemory, 256), 16_384)
}

// crowded is what a connection is told that is one too many.
const crowded = "HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/json\r\nRetry-After: 1\r\nConnection: close\r\n" +
	"Content-Length: 107\r\n\r\n" +
	`{"code":503,"message":"There are too many connections: use those that are open, or come back in a moment"}` + "\n"

// bounded is a listener with a bound of connections. One too many is answered at once and closed.
type bounded struct {
	net.Listener
	most    int64
	open    atomic.Int64
	refused *atomic.Uint64
}

// Accept waits for a connection that is not one too many.
func (b *bounded) Accept() (net.Conn, error) {
	for {
		c, err := b.Listener.Accept()
		if err != nil {
			return nil, err
		}
		if b.open.Add(1) <= b.most {
			return &counted{Conn: c, open: &b.open}, nil
		}
		b.open.Add(-1)
		b.refused.Add(1)
		_ = c.SetWriteDeadline(time.Now().Add(time.Second)) // it fits into what the system keeps for it, and waits for nobody
		_, _ = c.Write([]byte(crowded))
		_ = c.Close()
	}
}

// counted is a connection that counts until it is closed.
type counted struct {
	net.Conn
	once sync.Once
	open *atomic.Int64
}

func (c *counted) Close() error {
	c.once.Do(func() { c.open.Add(-1) })
	return c.Conn.Close()
}
