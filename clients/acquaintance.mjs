// The first things that a client does: list the tools, read the resource.

import { catalog, serverName, settingsURI } from './catalog.mjs';
import { equal, has, holds, matches } from './expect.mjs';

/** Steps of any client. The story has `client`. */
export const acquaintance = [
  ['the tool list has every tool, described and with its schemas', async ({ client }) => {
    const tools = await client.tools();
    equal('names of the tools', tools.map((tool) => tool.name).toSorted(), catalog.map((tool) => tool.name).toSorted());
    for (const { name, effect } of catalog) {
      const tool = has('the tool list', tools, (one) => one.name === name, `a tool called ${name}`);
      holds(`${name} has a title and a description`, tool.title && tool.description, 'both', tool);
      equal(`${name} refuses unknown arguments`, tool.inputSchema?.additionalProperties, false);
      equal(`${name} says what it answers`, tool.outputSchema?.type, 'object');
      equal(`${name} takes a confirmation`, 'confirmation' in tool.inputSchema.properties, effect === 'destroys');
      checkHints(name, effect, tool.annotations ?? {});
    }
  }],

  ['the resource list has the settings schema, and it can be read', async ({ client }) => {
    const resources = await client.resources();
    has('the resource list', resources, (one) => one.uri === settingsURI, settingsURI);

    const contents = await client.read(settingsURI);
    equal('parts of the resource', contents.length, 1);
    equal('address of the part', contents[0].uri, settingsURI);
    matches('type of the part', contents[0].mimeType, /^application\/(schema\+)?json$/);
    const schema = JSON.parse(contents[0].text);
    equal('the settings are', schema.type, 'object');
    holds('the settings', Object.keys(schema.properties).length >= 50, 'fifty fields or more', Object.keys(schema.properties));
    holds('the settings', 'timezone' in schema.properties, 'a field called timezone', Object.keys(schema.properties));
  }],
];

/** Steps of a client that keeps one connection and so knows the server. The story has `client`. */
export const handshake = [
  ['the server introduces itself', async ({ client }) => {
    equal('protocol version', client.protocol(), client.wanted);
    equal("the server's name", client.server()?.name, serverName);
    const instructions = client.instructions();
    holds('instructions', instructions?.length > 0 && instructions.length < 1400, '1 to 1,399 characters', instructions);
    matches('instructions', instructions, /sandbox/i);
  }],
];

function checkHints(name, effect, hints) {
  const said = effect === 'reads' ? ['readOnlyHint', 'openWorldHint'] : ['destructiveHint', 'idempotentHint', 'openWorldHint'];
  for (const hint of said) holds(`${name}: ${hint}`, typeof hints[hint] === 'boolean', 'true or false', hints);
  equal(`${name}: readOnlyHint`, hints.readOnlyHint ?? false, effect === 'reads');
  if (effect !== 'updates') equal(`${name}: destructiveHint`, hints.destructiveHint ?? false, effect === 'destroys');
}
