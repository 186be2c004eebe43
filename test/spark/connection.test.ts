import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseConnection } from "../../src/engine/spark/connect/connection.ts";

const parse = (text: string): ReturnType<typeof parseConnection> => parseConnection(text, "ann");

describe("a connection string", () => {
  test("names host and port, and goes unencrypted where nothing else is said", () => {
    expect(parse("sc://spark.example:15003")).toEqual({
      host: "spark.example",
      port: 15_003,
      isEncrypted: false,
      token: null,
      userId: "ann",
      userAgent: null,
      headers: {},
    });
  });

  test.each([
    ["sc://localhost", { host: "localhost", port: 15_002 }],
    ["SC://localhost/", { host: "localhost", port: 15_002 }],
    ["  sc://localhost:1/; ", { host: "localhost", port: 1 }],
    ["sc://[::1]:15002", { host: "::1", port: 15_002 }],
    ["sc://h/;use_ssl=true", { isEncrypted: true }],
    ["sc://h/;use_ssl=FALSE", { isEncrypted: false }],
    ["sc://h/;token=a%3Bb%3D%20c", { token: "a;b= c", isEncrypted: true }],
    ["sc://localhost/;token=t;use_ssl=false", { token: "t", isEncrypted: false }],
    ["sc://h/;user_id=bob;user_agent=etl", { userId: "bob", userAgent: "etl" }],
    [
      "sc://h/;x-databricks-cluster-id=0301-a;a=b=c",
      { headers: { "x-databricks-cluster-id": "0301-a", a: "b=c" } },
    ],
  ])("%s is read", (text, expected) => {
    expect(parse(text)).toMatchObject(expected);
  });

  test.each([
    ["", "is not of the form sc://host:port/;name=value"],
    ["http://h:15002", "is not of the form sc://host:port/;name=value"],
    ["sc://", "names no host"],
    ["sc://:15002", "names no host"],
    ["sc://h:", "has port , must be a whole number from 1 to 65535"],
    ["sc://h:0", "has port 0, must be a whole number from 1 to 65535"],
    ["sc://h:70000", "has port 70000, must be a whole number from 1 to 65535"],
    ["sc://h:15002/path", "has a path, where only ;name=value may stand"],
    ["sc://h/;use_ssl", 'has "use_ssl" without a value'],
    ["sc://h/;use_ssl=yes", "has use_ssl=yes, must be true or false"],
    ["sc://h/;user_id=a;user_id=b", "has user_id twice"],
    ["sc://h/;user_id=%E0%A4%A", "has user_id with a broken percent-encoding"],
    ["sc://h/;a b=c", 'has a parameter "a b", which is no name'],
    ["sc://h/;x-a=%C3%BC", "has x-a with more than the letters of ASCII"],
    ["sc://h/;session_id=1", "has session_id; sessions are manyfit's own"],
    ["sc://h/;token=t;use_ssl=false", "would send its token unencrypted; leave use_ssl=false out"],
  ])("%o is refused", (text, why) => {
    expect(() => parse(text)).toThrow(why);
    expect(() => parse(text)).toThrow("give a connection string, such as sc://localhost:15002");
  });

  test("is shown in messages without its token", () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[A-Za-z0-9%._-]{8,40}$/), (token) => {
        for (const text of [
          `sc://h:x/;token=${token}`,
          `sc://h/;token=${token};use_ssl=perhaps`,
          `h/;token=${token}`,
        ]) {
          try {
            parse(text);
            expect.unreachable();
          } catch (thrown) {
            expect(String(thrown)).not.toContain(token);
          }
        }
      }),
    );
  });

  test("gives back any values that were percent-encoded", () => {
    fc.assert(
      fc.property(
        fc.string({ minLength: 1, unit: "grapheme" }),
        fc.string({ minLength: 1 }),
        (user, header) => {
          const text = `sc://h:2/;user_id=${encodeURIComponent(user)};x-a=${encodeURIComponent(header)}`;
          expect(parse(text)).toMatchObject({ userId: user, headers: { "x-a": header } });
        },
      ),
    );
  });
});
