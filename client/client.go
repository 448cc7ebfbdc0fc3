// Package client speaks to an audience service over HTTP: the audience family of the Pinterest API v5 (audiences, customer
// lists, conversion tags, conversion events, ad accounts), and Parterre's own routes for what an ad platform itself knows
// (people, engagements, events that a tag has seen, memberships). It needs the standard library alone.
//
//	c, err := client.New("http://127.0.0.1:8080", token, nil)
//	…
//	a, err := c.UpdateAudience(ctx, account, id, client.AudienceUpdate{Name: new("Autumn visitors")})
//
// A refusal of the service is an [*Error] in the chain of the error that a method returns. Fields of an answer that this
// package does not know are ignored, so a newer service can be spoken to.
//
// A request that is refused by the rate limit (429) is sent again when the limit is reset, and one that finds the service
// unavailable (503) after a short while; a few times, as long as the context allows, and only where the body can be sent
// again.
package client

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
)

// Client is a connection to one service with one token. Its methods may be called concurrently.
type Client struct {
	base  string // without a slash at its end
	token string
	agent string
	http  *http.Client
}

// Options changes how a [Client] sends. The zero value is what most callers want.
type Options struct {
	// HTTP sends the requests. By default it is a client without a timeout, for the contexts set the time, that follows no
	// redirects, for the API has none.
	HTTP *http.Client
	// UserAgent is the value of the User-Agent header.
	UserAgent string
}

// New makes a client. The base URL is what stands before /v5 and /parterre/v1: a scheme, a host and perhaps a path. The
// token goes with every request. Nothing is sent yet.
func New(baseURL, token string, o *Options) (*Client, error) {
	if o == nil {
		o = &Options{}
	}
	u, err := url.Parse(baseURL)
	if err != nil {
		return nil, fmt.Errorf("base URL: %w", err)
	}
	if u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return nil, fmt.Errorf("base URL %q must begin with http:// or https:// and a host", u.Redacted())
	}
	if u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return nil, fmt.Errorf("base URL %q must have no user, query or fragment", u.Redacted())
	}
	if token == "" {
		return nil, errors.New("the token is empty")
	}
	c := &Client{
		base:  strings.TrimRight(u.String(), "/"),
		token: token,
		agent: cmp.Or(o.UserAgent, "parterre-client"),
		http:  o.HTTP,
	}
	if c.http == nil {
		c.http = &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	}
	return c, nil
}

// target is where a request goes: the segments of the path, not escaped, and the query.
type target struct {
	path  []string
	query url.Values
}

// inAccount is a target below an ad account.
func inAccount(account string, path ...string) target {
	return target{path: append([]string{"v5", "ad_accounts", account}, path...)}
}

// own is a target among Parterre's own routes.
func own(path string) target { return target{path: []string{"parterre", "v1", path}} }

// call sends in as JSON, when it is not nil, and reads the answer into out.
func (c *Client) call(ctx context.Context, method string, to target, in, out any) error {
	if in == nil {
		return c.send(ctx, method, to, nil, "", out)
	}
	body, err := json.Marshal(in)
	if err != nil {
		return fmt.Errorf("encode a request: %w", err)
	}
	return c.send(ctx, method, to, bytes.NewReader(body), "application/json", out)
}

// send sends a body, nil for none, and reads the answer into out. A body that can be closed is closed.
func (c *Client) send(ctx context.Context, method string, to target, body io.Reader, kind string, out any) error {
	path, err := escape(to.path)
	if err != nil {
		closeBody(body)
		return err
	}
	answer, err := c.attempt(ctx, method, path, to.query, body, kind)
	if err != nil {
		// The query stays out of the text: it may hold somebody's e-mail address.
		return fmt.Errorf("%s %s: %w", method, path, err)
	}
	if err := json.Unmarshal(answer, out); err != nil {
		return fmt.Errorf("%s %s: decode the answer: %w", method, path, err)
	}
	return nil
}

func (c *Client) attempt(
	ctx context.Context, method, path string, query url.Values, body io.Reader, kind string,
) ([]byte, error) {
	address := c.base + path
	if len(query) > 0 {
		address += "?" + query.Encode()
	}
	req, err := http.NewRequestWithContext(ctx, method, address, body)
	if err != nil {
		closeBody(body)
		return nil, err
	}
	req.Header.Set("Accept", "application/json")
	req.Header.Set("Authorization", "Bearer "+c.token)
	req.Header.Set("User-Agent", c.agent)
	if kind != "" {
		req.Header.Set("Content-Type", kind)
	}
	return c.exchange(req)
}

// escape joins the segments of a path. A segment that would change the path's shape is refused: the request would reach
// another operation.
func escape(path []string) (string, error) {
	var b strings.Builder
	for _, segment := range path {
		if segment == "" || segment == "." || segment == ".." {
			return "", fmt.Errorf("%q is not an id", segment)
		}
		b.WriteByte('/')
		b.WriteString(url.PathEscape(segment))
	}
	return b.String(), nil
}

func closeBody(body io.Reader) {
	if c, ok := body.(io.Closer); ok {
		_ = c.Close() // nothing was sent, so there is nothing to lose
	}
}
