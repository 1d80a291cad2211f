// What the server must offer: each tool, what a call of it can do, and the API
// operation behind it (relative to the organization).

/**
 * The fifteen operations first, then the three lists that help to find ids and the
 * tool that tells whose key it is, then the two tools of the server's own journal.
 */
export const catalog = [
  ['roles-list', 'reads', 'GET roles/'],
  ['roles-get', 'reads', 'GET roles/{id}/'],
  ['roles-create', 'creates', 'POST roles/'],
  ['roles-update', 'updates', 'PATCH roles/{id}/'],
  ['roles-delete', 'destroys', 'DELETE roles/{id}/'],
  ['membership-list', 'reads', 'GET roles/{role_id}/role_memberships/'],
  ['membership-get', 'reads', 'GET roles/{role_id}/role_memberships/{id}/'],
  ['membership-add', 'creates', 'POST roles/{role_id}/role_memberships/'],
  ['membership-remove', 'destroys', 'DELETE roles/{role_id}/role_memberships/{id}/'],
  ['external-reference-list', 'reads', 'GET role_external_references/'],
  ['external-reference-create', 'creates', 'POST role_external_references/'],
  ['external-reference-delete', 'destroys', 'DELETE role_external_references/{id}/'],
  ['external-reference-lookup', 'reads', 'GET role_external_references/lookup/'],
  ['project-secret-token-rotate', 'destroys', 'PATCH projects/{id}/rotate_secret_token/'],
  ['welcome-current', 'reads', 'GET welcome/current/'],

  ['organizations-list', 'reads', 'GET /api/organizations/'],
  ['members-list', 'reads', 'GET members/'],
  ['projects-list', 'reads', 'GET projects/'],
  ['whoami', 'reads', 'GET /api/personal_api_keys/@current/'],

  ['journal-list', 'reads', "none: the server's own journal"],
  ['undo', 'destroys', 'those that reverse the write'],
].map(([name, effect, operation]) => ({ name, effect, operation }));

/** The resource that holds the schema of the rotation's settings. */
export const settingsURI = 'posthog-org://schemas/project-settings';

/** The protocol's name for how the server calls itself. */
export const serverName = 'posthog-org-mcp';
