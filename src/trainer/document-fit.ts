import { types } from "node:util";
import { suggestName } from "../errors.ts";
import { LARGEST_DOCUMENT_BYTES } from "../run/result-batch.ts";
import { canonicalJson } from "./canonical-json.ts";
import type { DocumentFit } from "./trainer.ts";
import { cellText } from "./user-failure.ts";

/** Names of metrics become names of columns: a number for each row or class is a model's, not a metric's. */
const MAX_METRICS = 100;

const MEMBERS = ["model", "metrics", "warnings"];

type Warnings = DocumentFit["warnings"];

/** A part of what `fit` returned, or why it cannot be kept. */
type Checked<Part> = Part | { readonly problem: string };

/**
 * What `fit` returned, as it is stored, or why it cannot be: the problem names the path. Metrics that are NaN or
 * infinite become null with a warning `metric_not_finite`.
 */
export function documentFit(
  output: unknown,
): { readonly document: DocumentFit } | { readonly problem: string } {
  if (typeof output !== "object" || output === null || Array.isArray(output)) {
    return { problem: `fit returned ${kindOf(output)}, must return an object such as { model, metrics }` };
  }
  const unknown = Object.keys(output).find((name) => !MEMBERS.includes(name));
  if (unknown !== undefined) {
    return { problem: `fit returned a member "${cellText(unknown)}"; ${suggestName(unknown, MEMBERS)}` };
  }
  const { model, metrics, warnings } = output as Readonly<Record<string, unknown>>;
  const checkedModel = modelOf(model);
  if ("problem" in checkedModel) return checkedModel;
  const checkedMetrics = metricsOf(metrics);
  if ("problem" in checkedMetrics) return checkedMetrics;
  const told = warningsOf(warnings);
  if ("problem" in told) return told;
  return {
    document: {
      model: checkedModel.model,
      metrics: checkedMetrics.metrics,
      warnings: [...told.warnings, ...checkedMetrics.warnings],
    },
  };
}

function modelOf(model: unknown): Checked<{ readonly model: string | Uint8Array }> {
  if (model === undefined)
    return { problem: "fit returned no model; a partition without one has the model null" };
  const bytes = types.isUint8Array(model) ? model : null;
  const text = bytes === null ? canonicalJson(model) : { json: "" };
  if ("problem" in text) return text;
  const length = bytes?.length ?? Buffer.byteLength(text.json);
  if (length > LARGEST_DOCUMENT_BYTES)
    return { problem: `model has ${length} bytes, at most ${LARGEST_DOCUMENT_BYTES} can be stored` };
  // A copy: the trainer may fill the same bytes again for the next partition.
  return { model: bytes === null ? text.json : new Uint8Array(bytes) };
}

function metricsOf(
  metrics: unknown,
): Checked<{ readonly metrics: DocumentFit["metrics"]; readonly warnings: Warnings }> {
  if (metrics === undefined) return { metrics: {}, warnings: [] };
  if (!isRecord(metrics))
    return { problem: `metrics is ${kindOf(metrics)}, must be an object of numbers by name` };
  const entries = Object.entries(metrics);
  if (entries.length > MAX_METRICS) {
    return {
      problem: `metrics has ${entries.length} members, at most ${MAX_METRICS}; keep lists in the model`,
    };
  }
  const kept: [string, number | null][] = [];
  const warnings: { code: string; message: string }[] = [];
  for (const [name, value] of entries) {
    if (name === "" || /\p{Cs}/u.test(name))
      return { problem: `metrics has a member whose name is ${name === "" ? "empty" : "no text"}` };
    if (typeof value !== "number" && value !== null) {
      return { problem: `metrics.${cellText(name)} is ${kindOf(value)}, must be a number or null` };
    }
    const isKept = value === null || Number.isFinite(value);
    kept.push([name, isKept ? value : null]);
    if (isKept) continue;
    warnings.push({
      code: "metric_not_finite",
      message: `metric ${cellText(name)} is ${value}, stored as null`,
    });
  }
  return { metrics: Object.fromEntries(kept), warnings };
}

function warningsOf(warnings: unknown): Checked<{ readonly warnings: Warnings }> {
  if (warnings === undefined) return { warnings: [] };
  if (!Array.isArray(warnings))
    return { problem: `warnings is ${kindOf(warnings)}, must be a list of texts` };
  const kept: { code: string; message: string }[] = [];
  for (const [i, warning] of (warnings as readonly unknown[]).entries()) {
    const told = typeof warning === "string" ? { code: "trainer_warning", message: warning } : warning;
    const { code, message } = isRecord(told) ? told : {};
    if (typeof code !== "string" || code === "" || typeof message !== "string") {
      return {
        problem: `warnings[${i}] is ${kindOf(warning)}, must be a text or { code, message }, both texts`,
      };
    }
    kept.push({ code: cellText(code), message: cellText(message) });
  }
  return { warnings: kept };
}

/** Objects of JavaScript's own classes have no members to read: of a promise or a set nothing would be kept. */
function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && classOf(value) === "Object";
}

/** `Object` for plain objects and those of the user's own classes. */
function classOf(value: object): string {
  return Object.prototype.toString.call(value).slice("[object ".length, -1);
}

function kindOf(value: unknown): string {
  if (value === undefined) return "undefined";
  if (value === null) return "null";
  if (Array.isArray(value)) return "a list";
  if (typeof value !== "object") return `a ${typeof value}`;
  const name = classOf(value);
  return `${/^[AEIO]/.test(name) ? "an" : "a"} ${name === "Object" ? "object" : cellText(name)}`;
}
