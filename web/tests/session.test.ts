/** The connection of the page. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { Session } from "../src/session.js";
import { FakeLink } from "./fake-link.js";

/** A session that is connected, and its connections so far. Each answers that it trusts no key. */
async function connected(): Promise<{ session: Session; links: FakeLink[] }> {
  const [session, links]: [Session, FakeLink[]] = [new Session(), []];
  const connect = (): Promise<FakeLink> => {
    links.push(new FakeLink([new Map()]));
    return Promise.resolve(links.at(-1)!);
  };
  await session.use({ connect });
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
