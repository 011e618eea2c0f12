#!/usr/bin/env node
// Stands in for `influx` 2.7 where it is not to be had (`influx2.test.ts` uses the real one): knows of each command that docker/influxdb/accounts.sh uses the
// flags that the program's own source has (github.com/influxdata/influx-cli, cmd/influx), keeps what it is told in
// $INFLUX_STATE, and answers in the real one's columns. What it is asked goes into $INFLUX_STATE.asked.
import { appendFileSync, existsSync, readFileSync, writeFileSync } from "node:fs";

const KNOWN = {
  "bucket list": ["hide-headers"],
  "bucket create": ["name=", "retention="],
  "v1 dbrp create": ["db=", "rp=", "bucket-id=", "default"],
  "v1 auth list": ["hide-headers"],
  "v1 auth create": ["username=", "password=", "description=", "read-bucket=", "write-bucket="],
  "v1 auth set-password": ["username=", "password="],
  "v1 auth delete": ["username="],
  "task list": ["hide-headers"],
  "task create": ["file="],
};

const words = process.argv.slice(2);
const command = Object.keys(KNOWN).find((name) => words.join(" ").startsWith(`${name} `));
const fail = (problem) => {
  console.error(`Error: ${problem}`);
  process.exit(1);
};
if (!command) fail(`unknown command ${words.join(" ")}`);
const given = {};
for (let rest = words.slice(command.split(" ").length); rest.length > 0; ) {
  const flag = rest.shift().replace(/^--/, "");
  if (KNOWN[command].includes(flag)) given[flag] = true;
  else if (KNOWN[command].includes(`${flag}=`)) (given[flag] ??= []).push(rest.shift());
  else fail(`flag provided but not defined: -${flag}`);
}
const { INFLUX_STATE, INFLUX_HOST, INFLUX_TOKEN, INFLUX_ORG, SSL_CERT_FILE } = process.env;
if (INFLUX_HOST !== "https://influxdb:8086" || INFLUX_ORG !== "school") fail("it asks somewhere else");
if (!readFileSync(SSL_CERT_FILE, "utf8").includes("BEGIN CERTIFICATE")) fail("it trusts nobody");
appendFileSync(`${INFLUX_STATE}.asked`, `${command} ${given.username ?? given.name ?? given.rp ?? ""}\n`);

// As the image leaves it: one bucket, and the two of its own.
const state = existsSync(INFLUX_STATE)
  ? JSON.parse(readFileSync(INFLUX_STATE, "utf8"))
  : { token: INFLUX_TOKEN, buckets: { _monitoring: "168h", _tasks: "72h", focus: "400d" }, rps: {}, auths: {}, tasks: [] };
if (state.token !== INFLUX_TOKEN) fail("unauthorized access");
const idOf = (bucket) => Object.keys(state.buckets).indexOf(bucket).toString(16).padStart(16, "0");
const bucketOf = (id) => Object.keys(state.buckets).find((bucket) => idOf(bucket) === id) ?? fail(`no bucket ${id}`);
const [name] = given.username ?? [];

if (command === "bucket list")
  for (const [bucket, keep] of Object.entries(state.buckets))
    console.log(`${idOf(bucket)}\t${bucket}\t\t${keep}\tn/a\t0b0b0b0b0b0b0b0b\timplicit`);
if (command === "bucket create") {
  if (state.buckets[given.name]) fail(`bucket with name ${given.name} already exists`);
  state.buckets[given.name] = given.retention[0];
}
if (command === "v1 dbrp create") {
  if (state.rps[given.rp]) fail("another DBRP mapping with same orgID, db, and rp exists");
  state.rps[given.rp] = bucketOf(given["bucket-id"][0]) + (given.default ? " by default" : "");
}
if (command === "v1 auth list")
  for (const [who, { rights }] of Object.entries(state.auths))
    console.log(`0a0a0a0a0a0a0a0a\t${who}\t${who}\tadmin\t\t0c0c0c0c0c0c0c0c\t[${rights.join(" ")}]`);
if (command === "v1 auth create") {
  if (state.auths[name]) fail(`authorization with username "${name}" already exists`);
  const rights = ["read", "write"].flatMap((right) =>
    (given[`${right}-bucket`] ?? []).map((id) => `${right} ${bucketOf(id)}`),
  );
  state.auths[name] = { password: given.password[0], rights };
}
if (command === "v1 auth set-password") (state.auths[name] ?? fail("no such")).password = given.password[0];
if (command === "v1 auth delete" && !delete state.auths[state.auths[name] ? name : fail("no such")]) fail("no");
if (command === "task list") for (const task of state.tasks) console.log(`0d0d0d0d0d0d0d0d\t${task}\tactive`);
if (command === "task create") {
  const task = /option task = \{name: "([^"]+)"/.exec(readFileSync(given.file[0], "utf8"))[1];
  if (state.tasks.includes(task)) fail("there are two of them");
  state.tasks.push(task);
}
writeFileSync(INFLUX_STATE, JSON.stringify(state));
