import { describe, expect, it } from "vitest";
import { authorization, readChallenge } from "../../../gateway/eye/capture/http/digest.ts";

/** The examples of RFC 7616 §3.9.1: the same request, answered by MD5 and by SHA-256. */
const RFC =
  'realm="http-auth@example.org", qop="auth, auth-int", nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"';
const asked = {
  username: "Mufasa",
  password: "Circle of Life",
  target: "/dir/index.html",
  count: 1,
  clientNonce: "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
};

describe("answers to a web server's challenge", () => {
  it.each([
    ["MD5", "8ca523f5e9506fed4657c9700eebdbec"],
    ["SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"],
  ])("are those of RFC 7616 (%s)", (algorithm, response) => {
    const challenge = readChallenge([`Digest ${RFC}, algorithm=${algorithm}`]);
    const answer = authorization(challenge!, asked);
    expect(answer).toContain(`response="${response}"`);
    expect(answer).toContain('uri="/dir/index.html"');
    expect(answer).toContain(`algorithm=${algorithm}`);
    expect(answer).toContain("qop=auth, nc=00000001");
    expect(answer).toContain('opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"');
  });

  it("are by Digest where both are offered, in one header or in two", () => {
    for (const offered of [['Basic realm="a, b"', `Digest ${RFC}`], [`Basic realm="a", Digest ${RFC}`]]) {
      expect(readChallenge(offered)).toMatchObject({ scheme: "digest", realm: "http-auth@example.org" });
    }
  });

  it("are by Basic where nothing better is offered, or nothing better is known", () => {
    expect(readChallenge(['basic realm="x"'])).toEqual({ scheme: "basic" });
    expect(readChallenge(['Digest realm="x", nonce="n", algorithm=SHA-512-256', "Basic"])).toEqual({
      scheme: "basic",
    });
    const header = authorization(
      { scheme: "basic" },
      { ...asked, username: "Aladdin", password: "open sesame" },
    );
    expect(header).toBe("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="); // RFC 7617 §2
  });

  it("are none where nothing is known that is offered", () => {
    expect(readChallenge(["Negotiate", "Bearer realm=x"])).toBeNull();
    expect(readChallenge([])).toBeNull();
  });
});
