package client

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

const (
	mostTries  = 5
	mostAnswer = 64 << 20               // bytes of an answer that are read
	mostReset  = 2 * time.Minute        // a rate limit that is reset later is an error at once
	firstPause = 100 * time.Millisecond // after the first 503; doubled after each
	noReset    = time.Second            // after a 429 that does not say when
)

// exchange sends a request until it is answered by anything but 429 and 503, or it is time to give up, and gives the body
// of an answer that is a success. Any other answer becomes an [*Error].
func (c *Client) exchange(req *http.Request) ([]byte, error) {
	for try := 1; ; try++ {
		body, pause, err := c.once(req, try)
		if err == nil || pause < 0 || try == mostTries || !repeatable(req) {
			return body, err
		}
		if waitErr := sleep(req.Context(), pause); waitErr != nil {
			return nil, errors.Join(err, waitErr)
		}
		if req, err = repeat(req); err != nil {
			return nil, err
		}
	}
}

// once sends a request. With an error, pause is how long to wait before sending it again, and negative when that would not
// help.
func (c *Client) once(req *http.Request, try int) (body []byte, pause time.Duration, err error) {
	resp, err := c.http.Do(req)
	if err != nil {
		if u := (*url.Error)(nil); errors.As(err, &u) {
			err = u.Err // the caller names the method and the path, without the query
		}
		if req.Context().Err() == nil {
			err = fmt.Errorf("%w: %w", ErrUnreached, err)
		}
		return nil, -1, err
	}
	defer func() { _ = resp.Body.Close() }()
	body, err = io.ReadAll(io.LimitReader(resp.Body, mostAnswer+1))
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		return nil, pauseAfter(resp, try), decodeError(resp.StatusCode, body)
	}
	if err != nil {
		return nil, -1, fmt.Errorf("read the answer: %w", err)
	}
	if len(body) > mostAnswer {
		return nil, -1, fmt.Errorf("the answer is longer than %d bytes", mostAnswer)
	}
	return body, -1, nil
}

// pauseAfter is how long to wait after a refusal, and negative when the same request would be refused again.
func pauseAfter(resp *http.Response, try int) time.Duration {
	switch resp.StatusCode {
	case http.StatusTooManyRequests:
		seconds, err := strconv.Atoi(strings.TrimSpace(resp.Header.Get("x-ratelimit-reset")))
		switch {
		case err != nil || seconds < 0:
			return noReset
		case seconds > int(mostReset/time.Second):
			return -1
		}
		return time.Duration(seconds) * time.Second
	case http.StatusServiceUnavailable:
		return firstPause << (try - 1)
	}
	return -1
}

// repeatable says whether the body of a request can be sent again.
func repeatable(req *http.Request) bool {
	return req.Body == nil || req.Body == http.NoBody || req.GetBody != nil
}

// repeat makes a repeatable request anew.
func repeat(req *http.Request) (*http.Request, error) {
	again := req.Clone(req.Context())
	if req.GetBody == nil {
		return again, nil
	}
	body, err := req.GetBody()
	if err != nil {
		return nil, fmt.Errorf("send the body again: %w", err)
	}
	again.Body = body
	return again, nil
}

// sleep waits, and gives an error as soon as it is certain that the context ends first.
func sleep(ctx context.Context, d time.Duration) error {
	if end, ok := ctx.Deadline(); ok && time.Until(end) < d {
		return context.DeadlineExceeded
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}
