package oauth

import (
	"context"
	"slices"
	"time"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/catalog"
)

// Pair is what an app gets: an access token, and a refresh token unless it asked with its own credentials.
type Pair struct {
	Access         string
	Scopes         []parterre.Scope
	Expires        time.Duration // from now
	Refresh        string
	RefreshExpires time.Duration // from now
	RefreshUntil   int64         // the same in seconds since 1970
}

// again is how long after it was used a refresh token may be used once more: two threads of a client may both refresh at the
// same moment (reference, section 13.2). Later it is taken for stolen.
const again = time.Second

// Exchange turns the code of a user's consent into tokens. Redirect must be where the code was sent. A code that was used
// before ends all that came from it: one of the two users of it is not the app.
func (t *Tokens) Exchange(ctx context.Context, app catalog.App, code, redirect string) (Pair, error) {
	return t.turn(ctx, app, code, nil, func(g *catalog.Grant) error {
		if !g.Code || g.Redirect != redirect {
			return parterre.Invalid("redirect_uri",
				"Invalid request: 'redirect_uri' must be the one to which the code was sent")
		}
		return nil
	}, "code", 0)
}

// Refresh turns a refresh token into another pair; the token has had its use then. Scopes are what the new access token may
// do, fewer than the user granted, or nil for all of it; what the next refresh may ask for stays the same. A token that is
// used again ends all that came from the user's consent.
func (t *Tokens) Refresh(ctx context.Context, app catalog.App, token string, scopes []parterre.Scope) (Pair, error) {
	return t.turn(ctx, app, token, scopes, func(g *catalog.Grant) error {
		if g.Code {
			return parterre.Invalid("refresh_token", "Invalid request: 'refresh_token' is a code")
		}
		for _, s := range scopes {
			if !slices.Contains(g.Scopes, s) {
				return parterre.Invalid("scope", "Invalid request: 'scope' holds %s, which the user did not grant", s)
			}
		}
		return nil
	}, "refresh_token", again)
}

// turn spends a grant of the app's that passes the check and makes a pair of it. Scopes are those of the access token; nil
// stands for all of the grant's.
func (t *Tokens) turn(
	ctx context.Context, app catalog.App, given string, scopes []parterre.Scope, check func(*catalog.Grant) error, field string,
	grace time.Duration,
) (pair Pair, err error) {
	unknown := parterre.Invalid(field, "Invalid request: '%s' is not valid: it is unknown, has ended, or was used before", field)
	var refused error
	err = t.catalog.Update(ctx, func(tx *catalog.Tx) error {
		now := t.now()
		g, err := tx.GrantByDigest(digest(given))
		switch {
		case parterre.CodeOf(err) == parterre.NotFound:
			return unknown
		case err != nil:
			return err
		case g.App != app.ID || ended(g.Expires, now):
			return unknown
		case g.Spent != 0 && (grace == 0 || now.Sub(time.Unix(g.Spent, 0)) >= grace+time.Second): // it is kept in whole seconds
			refused = unknown // and what came of it goes, so the transaction must not fail
			return tx.DropFamily(g.Family)
		}
		if err := check(&g); err != nil {
			return err
		}
		if g.Spent == 0 {
			g.Spent = now.Unix()
			if err := tx.PutGrant(&g); err != nil {
				return err
			}
		}
		if err := tx.DropExpired(g.Family, now.Unix()); err != nil {
			return err
		}
		if scopes == nil {
			scopes = g.Scopes
		}
		pair, err = t.give(tx, app, &g, scopes)
		return err
	})
	if err == nil {
		err = refused
	}
	return pair, err
}

// give makes a pair for what a user granted. Scopes are those of the access token.
func (t *Tokens) give(tx *catalog.Tx, app catalog.App, from *catalog.Grant, scopes []parterre.Scope) (Pair, error) {
	until := t.now().Add(refreshLife).Unix()
	pair := Pair{
		Access: secret(accessPrefix), Scopes: scopes, Expires: accessLife,
		Refresh: secret(refreshPrefix), RefreshExpires: refreshLife, RefreshUntil: until,
	}
	k := record(pair.Access, Grant{App: app.Name, AppID: app.ID, User: from.User, Scopes: scopes, Sandbox: app.Sandbox})
	k.Family, k.Expires = from.Family, t.now().Add(accessLife).Unix()
	if err := tx.PutToken(k); err != nil {
		return Pair{}, err
	}
	return pair, tx.AddGrant(&catalog.Grant{
		Family: from.Family, Digest: digest(pair.Refresh), App: app.ID, User: from.User, Scopes: from.Scopes, Expires: until,
	})
}

// ClientToken gives an app a token by its own credentials: it acts for the user who owns the app, and cannot be refreshed.
func (t *Tokens) ClientToken(ctx context.Context, app catalog.App, scopes []parterre.Scope) (Pair, error) {
	pair := Pair{Access: secret(clientPrefix), Scopes: scopes, Expires: accessLife}
	k := record(pair.Access, Grant{
		Kind: parterre.ClientToken, App: app.Name, AppID: app.ID, User: app.Owner, Scopes: scopes, Sandbox: app.Sandbox,
	})
	k.Expires = t.now().Add(accessLife).Unix()
	return pair, t.catalog.Update(ctx, func(tx *catalog.Tx) error { return tx.PutToken(k) })
}

// Revoke ends a token of the app's: an access token alone, a refresh token with all that came from the user's consent. A
// token that nobody knows is revoked already; one of another app fails with [parterre.Forbidden].
func (t *Tokens) Revoke(ctx context.Context, app catalog.App, token string) error {
	return t.catalog.Update(ctx, func(tx *catalog.Tx) error {
		forbidden := parterre.Errorf(parterre.Forbidden, "You are not permitted to access that resource.")
		g, err := tx.GrantByDigest(digest(token))
		switch {
		case err == nil && g.App != app.ID:
			return forbidden
		case err == nil:
			return tx.DropFamily(g.Family)
		case parterre.CodeOf(err) != parterre.NotFound:
			return err
		}
		k, err := tx.TokenByDigest(digest(token))
		switch {
		case parterre.CodeOf(err) == parterre.Unauthenticated:
			return nil
		case err != nil:
			return err
		case k.AppID != app.ID:
			return forbidden
		}
		return tx.DeleteToken(k.Digest)
	})
}
