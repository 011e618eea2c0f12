import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { runs, sortSchool, switchedOff, wellFormed } from "../../../gateway/show/nodered/school.ts";

const known = new Set(["inject", "function", "mqtt-broker"]);
const tab = (id: string) => ({ id, type: "tab", label: `tab ${id}` });
const on = (z: string, id: string, type: string) => ({ id, z, type, wires: [] });
const ids = (nodes: ReadonlyArray<{ id: string }>) => nodes.map(({ id }) => id);

describe("a school's flows", () => {
  it("run as they are when every node is known", () => {
    const flows = [tab("a"), on("a", "b", "inject"), { id: "c", type: "mqtt-broker" }];
    expect(sortSchool(flows, known)).toEqual({ run: flows, aside: [], problems: [] });
  });

  it("lose the tab with an unknown node, whole, and keep the others", () => {
    const flows = [tab("a"), on("a", "b", "inject"), on("a", "c", "robot"), tab("d"), on("d", "e", "inject")];
    const { run, aside, problems } = sortSchool(flows, known);
    expect([ids(run), ids(aside)]).toEqual([
      ["d", "e"],
      ["a", "b", "c"],
    ]);
    expect(problems).toEqual(['"tab a" of the school\'s flows was set aside: there is no node robot here']);
  });

  it("lose the tabs that use a subflow with an unknown node, and not those that use another", () => {
    const subflow = (id: string) => ({ id, type: "subflow", name: id });
    const flows = [
      subflow("s"),
      on("s", "s1", "robot"),
      subflow("t"),
      on("t", "t1", "subflow:s"),
      subflow("u"),
      tab("a"),
      on("a", "a1", "subflow:t"),
      tab("b"),
      on("b", "b1", "subflow:u"),
    ];
    expect(ids(sortSchool(flows, known).run)).toEqual(["u", "b", "b1"]);
  });

  it("lose an unknown config node alone", () => {
    const flows = [{ id: "x", type: "robot-arm" }, { id: "c", type: "mqtt-broker" }, tab("a")];
    expect(ids(sortSchool(flows, known).run)).toEqual(["c", "a"]);
  });

  it.each([
    ["an object", { flows: [] }, 1],
    ["a text", "flows", 1],
    [
      "entries that are no nodes",
      [null, 1, "x", [], { id: 7, type: "inject" }, { id: "y" }, { type: "inject" }],
      7,
    ],
    [
      "wires that are none",
      [
        { id: "a", type: "inject", wires: "b" },
        { id: "b", type: "inject", wires: [1] },
      ],
      2,
    ],
  ])("may be %s in the file: that is counted, and left out", (_, stored, refused) => {
    expect(wellFormed(stored)).toEqual({ nodes: [], refused });
  });

  it("never let an unknown node near Node-RED, and lose none of the rest, whatever is in the file", () => {
    const anyNode = fc.record({
      id: fc.constantFrom("a", "b", "c", "d", "e", "f"),
      type: fc.constantFrom("tab", "subflow", "inject", "robot", "subflow:a", "subflow:b"),
      z: fc.option(fc.constantFrom("a", "b", "c"), { nil: undefined }),
    });
    fc.assert(
      fc.property(fc.uniqueArray(anyNode, { selector: ({ id }) => id }), (flows) => {
        const { run, aside } = sortSchool(flows, known);
        const subflows = run.filter(({ type }) => type === "subflow").map(({ id }) => `subflow:${id}`);
        for (const { type } of run) expect(["tab", "subflow", ...known, ...subflows]).toContain(type);
        expect([...ids(run), ...ids(aside)].sort()).toEqual(ids(flows).sort());
        const places = new Set(
          aside.filter(({ type }) => type === "tab" || type === "subflow").map(({ id }) => id),
        );
        for (const { type, z } of run)
          if (type !== "tab" && type !== "subflow") expect(places.has(z as string)).toBe(false);
      }),
    );
  });

  it("are all there and none of them runs once they were switched off, told once on each tab", () => {
    const flows = [{ ...tab("a"), info: "mine" }, on("a", "b", "inject"), { id: "c", type: "mqtt-broker" }];
    const off = switchedOff(switchedOff(flows));
    expect([runs(flows), runs(off), ids(off)]).toEqual([true, false, ["a", "b", "c"]]);
    expect(off[0]).toMatchObject({
      disabled: true,
      info: expect.stringMatching(/^Switched off by .*\n\nmine$/),
    });
    expect(off[2]).toMatchObject({ d: true });
  });
});
