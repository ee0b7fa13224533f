import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { createRing, ringViews, viewRing, type SlotLease } from "../../src/ring/index.js";

test("a ring gives each slot once and none when all are out", () => {
  const ring = createRing({ slots: 3, slotBytes: 10 });
  const leases = [ring.lease(), ring.lease(), ring.lease()];
  assert.deepEqual(new Set(leases.map((lease) => lease?.slot)), new Set([0, 1, 2]));
  assert.equal(ring.lease(), undefined);
  assert.equal(ring.outstanding, 3);
  for (const lease of leases) lease?.[Symbol.dispose]();
  assert.equal(ring.outstanding, 0);
});

test("giving a lease back twice is refused", () => {
  const ring = createRing({ slots: 1, slotBytes: 1 });
  const lease = ring.lease();
  lease?.[Symbol.dispose]();
  assert.throws(() => lease?.[Symbol.dispose](), /given back twice/);
});

test("a reader sees the writer's pixels, and sees when they are no longer its own", () => {
  const ring = createRing({ slots: 2, slotBytes: 5 });
  const view = viewRing(ring.memory, ring.layout);
  const lease = ring.lease();
  assert.ok(lease);
  lease.pixels.set([1, 2, 3, 4, 5]);
  assert.deepEqual([...view.pixels(lease.slot)], [1, 2, 3, 4, 5]);
  assert.equal(view.isCurrent(lease.slot, lease.generation), true);
  lease[Symbol.dispose]();
  assert.equal(view.isCurrent(lease.slot, lease.generation), false);
  assert.throws(() => view.pixels(2), RangeError);
});

test("a waiter is called at the next return, once; a second waiter is refused", () => {
  const ring = createRing({ slots: 1, slotBytes: 1 });
  const lease = ring.lease();
  let calls = 0;
  ring.onceFree(() => (calls += 1));
  assert.throws(() => ring.onceFree(() => undefined), /two writers/);
  lease?.[Symbol.dispose]();
  ring.lease()?.[Symbol.dispose]();
  assert.equal(calls, 1);
});

test("slots never overlap, whatever their size: each keeps what was written to it", () => {
  const sizes = fc.record({ slots: fc.integer({ min: 1, max: 9 }), slotBytes: fc.integer({ min: 1, max: 300 }) });
  fc.assert(
    fc.property(sizes, (layout) => {
      const ring = createRing(layout);
      const leases: SlotLease[] = [];
      for (let lease = ring.lease(); lease; lease = ring.lease()) leases.push(lease);
      for (const lease of leases) lease.pixels.fill(lease.slot + 1);
      const view = viewRing(ring.memory, layout);
      for (const lease of leases) {
        assert.ok(view.isCurrent(lease.slot, lease.generation), "pixels ran over the generation words");
        assert.ok(view.pixels(lease.slot).every((byte) => byte === lease.slot + 1));
      }
    }),
    { seed: 7, numRuns: 100 },
  );
});

test("leases and returns in any order never lose or double a slot", () => {
  fc.assert(
    fc.property(fc.array(fc.nat(9), { maxLength: 200 }), (moves) => {
      const ring = createRing({ slots: 4, slotBytes: 8 });
      const out: SlotLease[] = [];
      for (const move of moves) {
        if (move < 5) {
          const lease = ring.lease();
          assert.equal(lease === undefined, out.length === 4);
          if (lease) out.push(lease);
        } else {
          out.splice(move % Math.max(1, out.length), 1)[0]?.[Symbol.dispose]();
        }
        assert.equal(ring.outstanding, out.length);
        assert.equal(new Set(out.map((lease) => lease.slot)).size, out.length);
      }
    }),
    { seed: 11, numRuns: 200 },
  );
});

test("slots that grow lie in new memory; leases that are out keep theirs, and count until they come back", () => {
  const ring = createRing({ slots: 2, slotBytes: 4 });
  const old = ring.lease();
  assert.ok(old);
  old.pixels.fill(7);
  ring.grow(3);
  assert.equal(ring.memory, old.memory);
  ring.grow(9);
  const larger = ring.lease();
  assert.ok(larger);
  assert.deepEqual([larger.pixels.length, larger.layout], [9, { slots: 2, slotBytes: 9 }]);
  assert.notEqual(larger.memory, old.memory);
  // As many as before, and no more.
  assert.deepEqual([ring.outstanding, ring.lease()], [2, undefined]);
  const views = ringViews();
  const read = (lease: SlotLease): Uint8Array => views.of({ ringId: 1, memory: lease.memory, layout: lease.layout }).pixels(lease.slot);
  larger.pixels.fill(8);
  assert.deepEqual([read(old).join(), read(larger).length, read(larger)[8], read(old).length], ["7,7,7,7", 9, 8, 4]);
  old[Symbol.dispose]();
  assert.throws(() => old[Symbol.dispose](), /given back twice/);
  assert.equal(ring.lease()?.pixels.length, 9);
});
