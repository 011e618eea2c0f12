import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { createGunzip } from "node:zlib";
import { describe, expect, it, onTestFinished } from "vitest";
import { retryAfterOf } from "../../../gateway/record/sink.ts";
import {
  type InfluxOptions,
  influxOptions,
  openInflux,
  probeInflux,
} from "../../../gateway/record/sinks/influx.ts";
import { reading, sinkContract } from "../../contracts/sink.ts";
import { hasInflux, startInflux } from "../../support/influxd.ts";
import { freePort } from "../../support/places.ts";

async function open(options: unknown) {
  const sink = await openInflux(influxOptions.parse(options));
  onTestFinished(() => sink.close());
  return sink;
}

async function influxd(options: { auth?: boolean } = {}) {
  const influx = await startInflux(options);
  onTestFinished(() => influx.stop());
  return influx;
}

describe.skipIf(!hasInflux)("with a real InfluxDB 1.x (skipped where influxd is not installed)", () => {
  sinkContract("influx 1.x", async () => {
    const influx = await influxd();
    const sink = await open({ version: "1", url: influx.url, database: influx.database });
    const look = async (measurement: string, field: string) =>
      (await influx.query(`SELECT "${field}" FROM "${measurement}"`)).map((row) => row[field]);
    return { sink, look };
  });

  it("writes tags as they are, spaces, commas and equals signs included", async () => {
    const influx = await influxd();
    const sink = await open({ version: "1", url: influx.url, database: influx.database });
    await sink.write([reading(0, 1)]);
    expect(await influx.query('SELECT value FROM environment GROUP BY "site", "room", "unit"')).toEqual([
      { time: reading(0, 1).time, value: 1, site: "Süd, north=side", room: "1 01", unit: "[ppm]" },
    ]);
  });

  it("makes the database when it is missing", async () => {
    const influx = await influxd();
    const sink = await open({ version: "1", url: influx.url, database: "new-one" });
    expect(await sink.write([reading(0, 1)])).toEqual([]);
    expect((await influx.query("SHOW DATABASES")).map(({ name }) => name)).toContain("new-one");
  });

  it("writes with user and password, and says INFLUX_REFUSED with a wrong one", async () => {
    const influx = await influxd({ auth: true });
    await influx.query("CREATE USER admin WITH PASSWORD 'right' WITH ALL PRIVILEGES");
    const account = { version: "1", url: influx.url, database: "focus", username: "admin" };
    const wrong = await open({ ...account, password: "wrong" });
    await expect(wrong.write([reading(0, 1)])).rejects.toMatchObject({ code: "INFLUX_REFUSED" });
    const right = await open({ ...account, password: "right" });
    expect(await right.write([reading(0, 1)])).toEqual([]);
  });

  it("can be asked whether it would take points, without writing any", async () => {
    const influx = await influxd({ auth: true });
    await influx.query("CREATE USER admin WITH PASSWORD 'right' WITH ALL PRIVILEGES");
    const account = { version: "1" as const, url: influx.url, database: "focus", username: "admin" };
    await probeInflux({ ...account, password: "right" });
    await expect(probeInflux({ ...account, password: "wrong" })).rejects.toMatchObject({
      code: "INFLUX_REFUSED",
    });
    const nobody = { ...account, url: `http://127.0.0.1:${await freePort()}` };
    await expect(probeInflux(nobody)).rejects.toMatchObject({ code: "INFLUX_UNREACHABLE" });
  });

  it("says INFLUX_UNREACHABLE when it has gone, and writes the same points when it is back", async () => {
    const port = await freePort();
    const sink = await open({ version: "1", url: `http://127.0.0.1:${port}` });
    await expect(sink.write([reading(0, 1)])).rejects.toMatchObject({ code: "INFLUX_UNREACHABLE" });
    const influx = await startInflux({ port });
    onTestFinished(() => influx.stop());
    expect(await sink.write([reading(0, 1)])).toEqual([]);
  });
});

interface Asked {
  readonly url: URL;
  readonly authorization: string | undefined;
  readonly lines: string[];
}

/**
 * A real HTTP server that answers as it is told. It stands in where the statuses of a real InfluxDB cannot be brought
 * about at will, and for 2.x, which cannot be installed where these tests were written.
 */
async function answering(
  answer: (asked: Asked) => { status: number; body?: object | string; retryAfter?: string },
) {
  const asked: Asked[] = [];
  const server = createServer(async (request, response) => {
    const url = new URL(request.url!, "http://influx");
    const body = await text(unzipped(request));
    const one = { url, authorization: request.headers.authorization, lines: body.split("\n") };
    asked.push(one);
    const { status, body: said = "", retryAfter } = answer(one);
    const isText = typeof said === "string";
    response.writeHead(status, {
      "content-type": isText ? "text/plain" : "application/json",
      ...(retryAfter !== undefined && { "retry-after": retryAfter }),
    });
    response.end(isText ? said : JSON.stringify(said));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}

const unzipped = (request: IncomingMessage) =>
  request.headers["content-encoding"] === "gzip" ? request.pipe(createGunzip()) : request;

const one = (url: string): InfluxOptions => ({ version: "1", url, database: "focus" });

describe("InfluxDB 2.x, as its API is documented", () => {
  it("is asked with organisation, bucket, token and precision, in line protocol with floats only", async () => {
    const { url, asked } = await answering(() => ({ status: 204 }));
    const sink = await open({ version: "2", url, org: "North School", bucket: "focus", token: "s3cret" });
    expect(await sink.write([reading(0, 24), reading(1, 0.5)])).toEqual([]);
    expect(asked).toHaveLength(1);
    expect(asked[0]!.url.pathname).toBe("/api/v2/write");
    expect(Object.fromEntries(asked[0]!.url.searchParams)).toEqual({
      org: "North School",
      bucket: "focus",
      precision: "ms",
    });
    expect(asked[0]!.authorization).toBe("Token s3cret");
    expect(asked[0]!.lines).toEqual([
      `environment,site=Süd\\,\\ north\\=side,room=1\\ 01,device=co2-1,quantity=co2,unit=[ppm] value=24,quality="ok" ${reading(0, 1).time}`,
      `environment,site=Süd\\,\\ north\\=side,room=1\\ 01,device=co2-1,quantity=co2,unit=[ppm] value=0.5,quality="ok" ${reading(1, 1).time}`,
    ]);
  });

  it("says INFLUX_REFUSED when the bucket is not there", async () => {
    const { url } = await answering(() => ({ status: 404, body: { code: "not found", message: "bucket" } }));
    const sink = await open({ version: "2", url, org: "o", bucket: "b", token: "t" });
    await expect(sink.write([reading(0, 1)])).rejects.toMatchObject({ code: "INFLUX_REFUSED" });
  });
});

describe("what each status means", () => {
  it.each([401, 403, 500, 502, 504])("%i: wait and try again", async (status) => {
    const { url, asked } = await answering(() => ({ status, body: { error: "no" } }));
    const sink = await open(one(url));
    await expect(sink.write([reading(0, 1), reading(1, 1)])).rejects.toMatchObject({
      code: "INFLUX_REFUSED",
    });
    expect(asked).toHaveLength(1);
  });

  it.each([429, 503])("%i: as long as Retry-After says, in seconds", async (status) => {
    const { url } = await answering(() => ({ status, retryAfter: "7" }));
    const error = await (await open(one(url))).write([reading(0, 1)]).catch((error) => error);
    expect(error).toMatchObject({ code: "INFLUX_REFUSED" });
    expect(retryAfterOf(error)).toBe(7000);
  });

  it("413: the batch is halved until it fits", async () => {
    const { url, asked } = await answering(({ lines }) => ({ status: lines.length > 100 ? 413 : 204 }));
    const points = Array.from({ length: 500 }, (_, i) => reading(i, i));
    expect(await (await open(one(url))).write(points)).toEqual([]);
    const arrived = asked.filter(({ lines }) => lines.length <= 100).flatMap(({ lines }) => lines);
    expect(new Set(arrived).size).toBe(500);
  });

  it.each([400, 422])(
    "%i: the one bad point is found and handed back, the other 499 are written",
    async (status) => {
      const isBad = (line: string) => line.includes("value=13.5");
      const { url, asked } = await answering(({ lines }) =>
        lines.some(isBad) ? { status, body: { error: "unable to parse" } } : { status: 204 },
      );
      const points = Array.from({ length: 500 }, (_, i) => reading(i, i === 321 ? 13.5 : 1));
      const refused = await (await open(one(url))).write(points);
      expect(refused.map(({ point }) => point)).toEqual([points[321]]);
      const written = asked.filter(({ lines }) => !lines.some(isBad)).flatMap(({ lines }) => lines);
      expect(new Set(written).size).toBe(499);
      expect(asked.length).toBeLessThan(25);
    },
  );

  it("a 400 that is not InfluxDB's, such as a proxy's, condemns no point", async () => {
    const { url } = await answering(() => ({ status: 400, body: "plain HTTP was sent to the HTTPS port" }));
    await expect((await open(one(url))).write([reading(0, 1)])).rejects.toMatchObject({
      code: "INFLUX_REFUSED",
    });
  });

  it("a connection cut before the answer: wait and try again", async () => {
    const server = createServer((request) => request.socket.destroy());
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    onTestFinished(() => void server.close());
    const sink = await open(one(`http://127.0.0.1:${(server.address() as AddressInfo).port}`));
    await expect(sink.write([reading(0, 1)])).rejects.toMatchObject({ code: "INFLUX_UNREACHABLE" });
  });
});
