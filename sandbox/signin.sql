-- Signing in. Whatever opens something is here as its SHA-256 only.

CREATE TABLE oauth_requests (
    id TEXT PRIMARY KEY, -- what the form of the consent page sends back
    client_id TEXT NOT NULL,
    redirect_uri TEXT NOT NULL,
    state TEXT NOT NULL,
    scopes TEXT NOT NULL, -- JSON
    challenge TEXT NOT NULL,
    created_at INTEGER NOT NULL
);

-- What a person has allowed a client, once.
CREATE TABLE oauth_grants (
    id TEXT PRIMARY KEY,
    client_id TEXT NOT NULL,
    user_id INTEGER NOT NULL REFERENCES users (id),
    scopes TEXT NOT NULL, -- JSON
    created_at INTEGER NOT NULL,
    revoked_at INTEGER
);

-- The code, the access tokens and the refresh tokens of a grant.
CREATE TABLE oauth_secrets (
    hash TEXT PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('code', 'access', 'refresh')),
    grant_id TEXT NOT NULL REFERENCES oauth_grants (id),
    expires_at INTEGER NOT NULL,
    used_at INTEGER, -- of a code or a refresh token, which have one use
    redirect_uri TEXT, -- of a code
    challenge TEXT -- of a code
);
CREATE INDEX oauth_secrets_by_grant ON oauth_secrets (grant_id);
