import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { FOLDERS } from "../../provisioning/dashboards/index.ts";
import { generatedFiles } from "../../provisioning/files.ts";
import type { PanelJson } from "./grafana.ts";
import { grafanaFolder, readProvisioning, readRules } from "./rules.ts";

/** What Grafana is given: that it is current, whole, and of the shape that Grafana documents. */

const BY_HAND = [
  "alerting/focus-contact-points.yaml",
  "alerting/focus-policies.yaml",
  "datasources/focus.yaml",
  "datasources/influxdb-2-or-3.yaml.sample",
];
const UID = /^[a-zA-Z0-9_-]{1,40}$/;

const generated = generatedFiles();
const dashboards = [...generated]
  .filter(([file]) => file.endsWith(".json"))
  .map(([file, text]) => ({ file, json: JSON.parse(text) as DashboardJson }));
const panels = dashboards.flatMap(({ json }) =>
  json.panels.map((panel) => ({ name: `${json.uid}: ${panel.title}`, panel })),
);
const drawn = panels.filter(({ panel }) => panel.type !== "row");
const asking = drawn.filter(({ panel }) => panel.type !== "text");

interface DashboardJson {
  readonly uid: string;
  readonly title: string;
  readonly description: string;
  readonly editable: boolean;
  readonly panels: readonly (PanelJson & {
    readonly gridPos: { x: number; y: number; w: number; h: number };
  })[];
  readonly templating: { readonly list: readonly { name: string; label: string; description: string }[] };
}

describe("the files that Grafana loads", () => {
  it("are what the TypeScript makes, and nothing else lies among them", () => {
    for (const [file, text] of generated)
      expect(readFileSync(path.join(grafanaFolder, file), "utf8"), `${file}: npm run dashboards`).toBe(text);
    const there = readdirSync(grafanaFolder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => path.relative(grafanaFolder, path.join(entry.parentPath, entry.name)));
    expect(there.toSorted()).toEqual([...generated.keys(), ...BY_HAND].toSorted());
  });

  it("have every uid fixed, valid and used once", () => {
    const { contactPoints } = readProvisioning("alerting/focus-contact-points.yaml") as {
      contactPoints: { receivers: { uid: string }[] }[];
    };
    const { datasources } = readProvisioning("datasources/focus.yaml") as { datasources: { uid: string }[] };
    const uids = [
      ...dashboards.map(({ json }) => json.uid),
      ...Object.keys(FOLDERS),
      ...readRules().map(({ uid }) => uid),
      ...contactPoints.flatMap(({ receivers }) => receivers.map(({ uid }) => uid)),
      ...datasources.map(({ uid }) => uid),
    ];
    for (const uid of uids) expect(uid).toMatch(UID);
    // A folder and a dashboard may share theirs: they are of different kinds.
    const perKind = [...new Set(dashboards.map(({ json }) => json.uid)), ...Object.keys(FOLDERS)];
    expect(perKind).toHaveLength(dashboards.length + Object.keys(FOLDERS).length);
    expect(new Set(readRules().map(({ uid }) => uid)).size).toBe(readRules().length);
  });

  it.each([
    ["1.x", "datasources/focus.yaml"],
    ["2.x and 3", "datasources/influxdb-2-or-3.yaml.sample"],
  ])(
    "a data source for InfluxDB %s asks in InfluxQL by the server, with what the environment says",
    (_, file) => {
      const environment = {
        FOCUS_INFLUX_URL: "http://influx.school.example:8086",
        FOCUS_INFLUX_USER: "viewer",
        FOCUS_INFLUX_PASSWORD: "p",
        FOCUS_INFLUX_TOKEN: "t",
      };
      const { apiVersion, datasources } = readProvisioning(file, environment) as {
        apiVersion: number;
        datasources: Record<string, unknown>[];
      };
      expect(apiVersion).toBe(1);
      expect(datasources).toHaveLength(1);
      const [{ jsonData, secureJsonData, ...source }] = datasources as [Record<string, object>];
      expect(source).toMatchObject({
        uid: "focus-influxdb",
        type: "influxdb",
        access: "proxy",
        url: environment.FOCUS_INFLUX_URL,
        editable: false,
      });
      expect(jsonData).toMatchObject({ version: "InfluxQL", dbName: "focus", httpMode: "POST" });
      if (file.endsWith("sample")) {
        expect(jsonData).toMatchObject({ httpHeaderName1: "Authorization" });
        expect(secureJsonData).toEqual({ httpHeaderValue1: "Token t" });
      } else {
        expect(source).toMatchObject({ user: "viewer" });
        expect(secureJsonData).toEqual({ password: "p" });
      }
    },
  );

  it("a provider for each folder finds that folder's dashboards, and nobody can change or lose them", () => {
    const { providers } = readProvisioning("dashboards/focus.yaml") as {
      providers: {
        folderUid: string;
        options: { path: string };
        allowUiUpdates: boolean;
        disableDeletion: boolean;
      }[];
    };
    expect(providers.map(({ folderUid }) => folderUid)).toEqual(Object.keys(FOLDERS));
    for (const { folderUid, options, ...provider } of providers) {
      expect(provider).toMatchObject({ type: "file", allowUiUpdates: false, disableDeletion: true });
      const folder = path.posix.relative("/etc/grafana/provisioning", options.path);
      const files = dashboards.filter(({ file }) => path.posix.dirname(file) === folder);
      expect(files.map(({ json }) => json.uid)).toEqual(FOLDERS[folderUid]!.pages.map(({ uid }) => uid));
    }
  });
});

describe("alert rules", () => {
  it("have their dollars doubled in the file, and whole once Grafana has read it", () => {
    const text = readFileSync(path.join(grafanaFolder, "alerting/focus-rules.yaml"), "utf8");
    expect(text.match(/(?<!\$)\$(?!\$)/g)).toBeNull();
    for (const { data, annotations } of readRules()) {
      for (const { model } of data) if (model.query) expect(model.query).toContain(" $timeFilter");
      expect(annotations.summary).toContain("{{ $labels.room }}");
    }
  });

  it("ask the one data source, compute with Grafana's own, and end in a threshold", () => {
    for (const { title, data, condition, labels, ...rule } of readRules()) {
      const refs = data.map(({ refId }) => refId);
      expect(new Set(refs).size).toBe(refs.length);
      for (const { datasourceUid, model, relativeTimeRange } of data) {
        expect(datasourceUid).toBe(model.query ? "focus-influxdb" : "__expr__");
        if (model.query) expect(relativeTimeRange!.from, title).toBeGreaterThan(relativeTimeRange!.to);
        const uses = [...(model.expression ?? "").matchAll(/\$?([A-Z])\b/g)].map(([, ref]) => ref!);
        for (const used of uses) expect(refs.indexOf(used)).toBeGreaterThanOrEqual(0);
      }
      expect(data.find(({ refId }) => refId === condition)!.model.type).toBe("threshold");
      expect(["it", "teacher"]).toContain(labels.audience);
      expect(["OK", "Alerting"]).toContain(rule.noDataState);
      expect(["OK", "Alerting"]).toContain(rule.execErrState);
    }
  });

  it("lead to a panel that is there", () => {
    for (const { dashboardUid, panelId, title } of readRules()) {
      const page = dashboards.find(({ json }) => json.uid === dashboardUid)!;
      expect(
        page.json.panels.find(({ id, type }) => id === panelId && type !== "row"),
        title,
      ).toBeDefined();
    }
  });

  it("go to contact points that there are", () => {
    const { contactPoints } = readProvisioning("alerting/focus-contact-points.yaml") as {
      contactPoints: { name: string }[];
    };
    const { policies } = readProvisioning("alerting/focus-policies.yaml") as { policies: object[] };
    const named = [...JSON.stringify(policies).matchAll(/"receiver":"([^"]+)"/g)].map(([, name]) => name);
    expect(new Set(named)).toEqual(new Set(contactPoints.map(({ name }) => name)));
  });
});

describe("every panel", () => {
  it.each(drawn)(
    "$name has a title, says in plain words what it is, and has a place of its own",
    ({ panel }) => {
      expect(panel.title.length).toBeGreaterThan(2);
      expect(panel.description.length).toBeGreaterThan(20);
      expect(panel.description).toMatch(/[.]$/);
      expect(panel.gridPos.x + panel.gridPos.w).toBeLessThanOrEqual(24);
    },
  );

  it.each(asking)("$name has a unit, and a word for what is not known that is not a number", ({ panel }) => {
    const { unit, noValue, mappings } = panel.fieldConfig!.defaults as {
      unit: string;
      noValue: string;
      mappings: { type: string; options: { match?: string; result?: { text: string } } }[];
    };
    expect(unit).toBeTruthy();
    expect(noValue).toBeDefined();
    expect(noValue).not.toMatch(/\d/);
    const unknown = mappings.find(({ type, options }) => type === "special" && options.match === "null+nan");
    expect(unknown!.options.result!.text).not.toMatch(/\d/);
  });

  it.each(asking)(
    "$name asks in InfluxQL that 1.x, 2.x and 3 have, in the room that was picked",
    ({ panel }) => {
      for (const { query, rawQuery, resultFormat, datasource } of panel.targets!) {
        expect(rawQuery).toBe(true);
        expect(["time_series", "table"]).toContain(resultFormat);
        expect(datasource).toEqual({ type: "influxdb", uid: "focus-influxdb" });
        expect(query).toMatch(/^SELECT /);
        expect(query).not.toMatch(/SLIMIT|SOFFSET|\bINTO\b|\|>|integral\(|spread\(|mode\(|;|\bnow\(\)/i);
        // biome-ignore lint/suspicious/noTemplateCurlyInString: Grafana's own notation.
        expect(query).toContain('"site" =~ /^${site:regex}$/ AND "room" =~ /^${room:regex}$/');
        expect(query).toMatch(/\$timeFilter|\$\{__(from|to)\}/);
      }
    },
  );

  it("fills gaps with nothing: only counts may be nought", () => {
    for (const { panel } of asking)
      for (const { query } of panel.targets!)
        if (query.includes("fill(0)")) expect(query).toMatch(/^SELECT count\("\w+"\)( AS "[^"]+")? FROM/);
    for (const { panel } of asking.filter(({ panel }) => panel.type === "timeseries"))
      expect((panel.fieldConfig!.defaults.custom as { spanNulls: boolean }).spanNulls).toBe(false);
    for (const { panel } of asking.filter(({ panel }) => panel.type === "stat"))
      expect(panel.options!.reduceOptions).toMatchObject({ calcs: ["last"] });
  });

  it("sets no room beside another by what its people do, and nobody in an order", () => {
    for (const { name, panel } of asking) {
      for (const { query } of panel.targets!)
        if (/FROM "(zone_)?focus"/.test(query))
          expect(/GROUP BY[^)]*"(site|room)"/.test(query.slice(query.indexOf(" GROUP BY"))), name).toBe(
            false,
          );
    }
    expect(JSON.stringify(dashboards)).not.toMatch(/"seat"|"track"|"person"|top\(|bottom\(|rank/i);
  });
});

describe("every dashboard", () => {
  it.each(dashboards)("$file says what it is, and what can be picked at its top", ({ json }) => {
    expect(json.description.length).toBeGreaterThan(40);
    expect(json.editable).toBe(false);
    const ids = json.panels.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    const names = json.templating.list.map(({ name }) => name);
    expect(names).toEqual(json.uid.startsWith("focus-it") ? ["site", "room"] : ["site", "room", "lesson"]);
    for (const { label, description } of json.templating.list) expect(label && description).toBeTruthy();
  });
});
