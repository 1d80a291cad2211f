-- Times are microseconds since 1970, UTC. Columns that end in _folded hold the
-- text without its case, for uniqueness and lookups.

CREATE TABLE organizations (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    slug TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    default_role_id TEXT REFERENCES roles (id) ON DELETE SET NULL
);

CREATE TABLE projects (
    id INTEGER PRIMARY KEY,
    uuid TEXT NOT NULL UNIQUE,
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    name TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    api_token TEXT NOT NULL UNIQUE,
    secret_api_token TEXT UNIQUE,
    secret_api_token_backup TEXT,
    live_events_token TEXT,
    details TEXT NOT NULL -- JSON: see projectDetails
);

CREATE TABLE users (
    id INTEGER PRIMARY KEY,
    uuid TEXT NOT NULL UNIQUE,
    distinct_id TEXT,
    first_name TEXT NOT NULL,
    last_name TEXT NOT NULL,
    email TEXT NOT NULL UNIQUE,
    is_email_verified INTEGER,
    hedgehog_config TEXT, -- JSON
    role_at_organization TEXT,
    is_active INTEGER NOT NULL,
    is_2fa_enabled INTEGER NOT NULL,
    has_social_auth INTEGER NOT NULL,
    date_joined INTEGER NOT NULL,
    last_login INTEGER,
    current_organization TEXT REFERENCES organizations (id),
    current_project INTEGER REFERENCES projects (id)
);

CREATE TABLE members (
    id TEXT PRIMARY KEY,
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    user_id INTEGER NOT NULL REFERENCES users (id),
    level INTEGER NOT NULL CHECK (level IN (1, 8, 15)),
    invited_by INTEGER REFERENCES users (id),
    joined_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    UNIQUE (organization_id, user_id)
);

CREATE TABLE roles (
    id TEXT PRIMARY KEY,
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    name TEXT NOT NULL,
    name_folded TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    created_by INTEGER REFERENCES users (id),
    UNIQUE (organization_id, name_folded)
);
CREATE INDEX roles_by_age ON roles (organization_id, created_at, id);

CREATE TABLE role_memberships (
    id TEXT PRIMARY KEY,
    role_id TEXT NOT NULL REFERENCES roles (id) ON DELETE CASCADE,
    user_id INTEGER NOT NULL REFERENCES users (id),
    member_id TEXT REFERENCES members (id), -- NULL on very old rows
    joined_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    UNIQUE (role_id, user_id)
);

CREATE TABLE role_external_references (
    id TEXT PRIMARY KEY,
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    role_id TEXT NOT NULL REFERENCES roles (id) ON DELETE CASCADE,
    provider TEXT NOT NULL,
    provider_organization_id TEXT NOT NULL,
    provider_role_id TEXT NOT NULL,
    provider_role_slug TEXT,
    provider_role_name TEXT NOT NULL,
    provider_folded TEXT NOT NULL,
    provider_organization_id_folded TEXT NOT NULL,
    provider_role_id_folded TEXT NOT NULL,
    provider_role_slug_folded TEXT,
    created_at INTEGER NOT NULL,
    created_by INTEGER REFERENCES users (id),
    -- A null slug is never equal to another; an empty one is.
    UNIQUE (organization_id, provider_folded, provider_organization_id_folded, provider_role_slug_folded),
    UNIQUE (organization_id, provider_folded, provider_organization_id_folded, provider_role_id_folded)
);
CREATE INDEX references_by_role ON role_external_references (role_id);

CREATE TABLE activity (
    id INTEGER PRIMARY KEY,
    project_id INTEGER NOT NULL REFERENCES projects (id),
    user_id INTEGER REFERENCES users (id),
    scope TEXT NOT NULL,
    item_id TEXT NOT NULL,
    activity TEXT NOT NULL,
    name TEXT NOT NULL,
    created_at INTEGER NOT NULL
);

CREATE TABLE dashboards (
    id INTEGER PRIMARY KEY,
    project_id INTEGER NOT NULL REFERENCES projects (id),
    name TEXT NOT NULL,
    description TEXT NOT NULL,
    deleted INTEGER NOT NULL,
    last_accessed_at INTEGER
);

CREATE TABLE personal_api_keys (
    id TEXT PRIMARY KEY,
    user_id INTEGER NOT NULL REFERENCES users (id),
    secret TEXT NOT NULL UNIQUE,
    label TEXT NOT NULL,
    scopes TEXT NOT NULL, -- JSON
    scoped_teams TEXT NOT NULL, -- JSON
    scoped_organizations TEXT NOT NULL, -- JSON
    created_at INTEGER NOT NULL
);
