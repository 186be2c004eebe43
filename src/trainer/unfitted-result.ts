import type { SelectedRows } from "./select-rows.ts";
import type { PartitionResult } from "./trainer.ts";

/** The result of a partition that its rows keep from being fitted. */
export function unfittedResult(
  selected: Exclude<SelectedRows, { readonly state: "selected" }>,
): PartitionResult {
  const { counts } = selected;
  if (selected.state === "skipped") return { state: "skipped", reason: selected.reason, ...counts };
  const { code, message, stack } = selected;
  return { state: "failed", code, message, stack, ...counts };
}
