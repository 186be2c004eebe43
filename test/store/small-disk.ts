import { spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { TestContext } from "vitest";
import { temporaryFolder } from "../temporary-folder.ts";

/** Words that run a command where a folder is a small disk in memory, seen by that command alone and gone with it. */
export function onSmallDisk(folder: string, size: string): readonly [string, ...string[]] {
  return [
    ...(["unshare", "--user", "--map-root-user", "--mount", "sh", "-c"] as const),
    `mount -t tmpfs -o size=${size} tmpfs "$0" && exec "$@"`,
    folder,
  ];
}

/** An empty folder to be a small disk. */
export function diskFolder(): string {
  const folder = join(temporaryFolder(), "disk");
  mkdirSync(folder);
  return folder;
}

const [program, ...args] = onSmallDisk(diskFolder(), "64k");

/** Whether this system lets a test make a disk. */
export const CAN_MOUNT: boolean = spawnSync(program, [...args, "true"]).status === 0;

/**
 * The context of a test goes on where disks can be made. Elsewhere the test is listed as skipped, with the reason; on CI
 * (`CI=true`) it goes on and fails, so that nobody takes it for passed.
 */
export function needSmallDisk(context: TestContext): void {
  if (CAN_MOUNT || process.env["CI"] === "true") return;
  context.skip("this system lets no test make a disk (unshare with mount)");
}
