import { describe, expect, test } from "vitest";
import { endpointOf } from "./endpoint.ts";

const REAL = {
  PATH: "/bin",
  AWS_ACCESS_KEY_ID: "real",
  AWS_SECRET_ACCESS_KEY: "real",
  AWS_SESSION_TOKEN: "real",
  AWS_PROFILE: "real",
  AWS_REGION: "ap-southeast-2",
};

describe("an emulator on this machine", () => {
  test("gets made-up keys, and nothing of the environment's", () => {
    for (const url of ["http://127.0.0.1:4566", "http://[::1]:4566"]) {
      const { emulated, env, account } = endpointOf({ ...REAL, AWS_ENDPOINT_URL: url }, undefined);
      expect(emulated).toBe(true);
      expect(account).toBe("000000000000");
      expect(Object.values(env)).not.toContain("real");
      expect(env.AWS_SESSION_TOKEN).toBeUndefined();
      expect(env.AWS_CONFIG_FILE).toBe("/dev/null");
    }
  });

  test("is named by its IP address", () => {
    expect(() => endpointOf({ ...REAL, AWS_ENDPOINT_URL: "http://localhost:4566" }, undefined)).toThrow(
      "IP address",
    );
    expect(() => endpointOf({ ...REAL, AWS_ENDPOINT_URL: "4566" }, undefined)).toThrow("IP address");
  });
});

describe("a real account", () => {
  test("is deployed to only when it is named, with the environment's own keys", () => {
    expect(() => endpointOf(REAL, undefined)).toThrow("--account");
    const { emulated, env, account } = endpointOf(REAL, "123456789012");
    expect(emulated).toBe(false);
    expect(account).toBe("123456789012");
    expect(env.AWS_ACCESS_KEY_ID).toBe("real");
  });

  test("is what an address elsewhere stands for", () => {
    const elsewhere = { ...REAL, AWS_ENDPOINT_URL: "http://10.0.0.1:4566" };
    expect(() => endpointOf(elsewhere, undefined)).toThrow("--account");
    expect(endpointOf(elsewhere, "123456789012").emulated).toBe(false);
  });
});
