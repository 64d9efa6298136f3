/** The connection of the page. */

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Connector } from "../src/bluetooth/link.js";
import { Session } from "../src/session.js";
import { FakeLink } from "./fake-link.js";

/** A device, and the connections to it so far. Each answers that it trusts no key. */
function device(id: string): { connector: Connector; links: FakeLink[] } {
  const links: FakeLink[] = [];
  const connect = (): Promise<FakeLink> => {
    links.push(new FakeLink([new Map()]));
    return Promise.resolve(links.at(-1)!);
  };
  return { connector: { id, connect }, links };
}

/** A session that is connected to a device. */
async function connected(): Promise<{ session: Session; links: FakeLink[] }> {
  const [session, { connector, links }] = [new Session(), device("first")];
  await session.use(connector);
  return { session, links };
}

test("a page that is connected, or about to be, does not connect a second time", async () => {
  const { session, links } = await connected();
  await session.connect();
  assert.equal(links.length, 1);
  links[0]!.close();
  await links[0]!.ended;
  assert.equal(session.client, undefined);
  const [one, other] = await Promise.all([session.connect(), session.reconnect()]);
  assert.equal(one, other);
  assert.equal(links.length, 2);
});

test("an upload does not connect again after the user has disconnected", async () => {
  const { session, links } = await connected();
  session.disconnect();
  await links[0]!.ended;
  await assert.rejects(session.reconnect(), /because you disconnected/);
  await session.connect();
  assert.equal(links.length, 2);
});

test("an upload does not continue on another device", async () => {
  const { session, links } = await connected();
  const { device: first } = session;
  links[0]!.close();
  await links[0]!.ended;
  const other = device("other");
  await session.use(other.connector);
  await assert.rejects(session.reconnect(first), /because you chose another device/);
  assert.equal(await session.reconnect(), session.client);
});

test("another device is used after a connection to the previous one that is being established", async () => {
  const { session, links } = await connected();
  links[0]!.close();
  await links[0]!.ended;
  const other = device("other");
  await Promise.all([session.connect(), session.use(other.connector)]);
  assert.equal(session.client?.link, other.links[0]);
  await links[1]!.ended;
});
