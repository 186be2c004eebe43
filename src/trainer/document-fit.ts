import { types } from "node:util";
import { suggestName } from "../errors.ts";
import { LARGEST_DOCUMENT_BYTES } from "../run/result-batch.ts";
import { canonicalJson } from "./canonical-json.ts";
import type { DocumentFit } from "./trainer.ts";
import { cellText } from "./user-failure.ts";

/** Names of metrics become names of columns: a number for each row or class is a model's, not a metric's. */
const MAX_METRICS = 100;

const MEMBERS = ["model", "metrics", "warnings"];

/** What stands before the names of the metrics that `score` gave. */
const SCORE_PREFIX = "holdout_";

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
  const checkedMetrics = metrics === undefined ? NO_METRICS : metricsOf(metrics, "metrics");
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

/**
 * A fit with what `score` returned: its metrics as `holdout_<name>` behind those of the fit, or why they cannot be
 * kept. What is NaN or infinite becomes null, as there.
 */
export function withScore(
  document: DocumentFit,
  output: unknown,
): { readonly document: DocumentFit } | { readonly problem: string } {
  const score = metricsOf(output, "score(…)");
  if ("problem" in score) return score;
  const named = Object.entries(score.metrics).map(([name, value]) => [SCORE_PREFIX + name, value] as const);
  const taken = named.find(([name]) => Object.hasOwn(document.metrics, name))?.[0];
  if (taken !== undefined) {
    const name = cellText(taken);
    return {
      problem: `metrics.${name} has the name of what score gives as ${name.slice(SCORE_PREFIX.length)}`,
    };
  }
  const metrics = { ...document.metrics, ...Object.fromEntries(named) };
  return { document: { ...document, metrics, warnings: [...document.warnings, ...score.warnings] } };
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

interface Metrics {
  readonly metrics: DocumentFit["metrics"];
  readonly warnings: Warnings;
}

const NO_METRICS: Metrics = { metrics: {}, warnings: [] };

/** Metrics as they are stored, or why they cannot be; `subject` is what problems call them. */
function metricsOf(metrics: unknown, subject: string): Checked<Metrics> {
  if (!isRecord(metrics))
    return { problem: `${subject} is ${kindOf(metrics)}, must be an object of numbers by name` };
  const entries = Object.entries(metrics);
  if (entries.length > MAX_METRICS) {
    return {
      problem: `${subject} has ${entries.length} members, at most ${MAX_METRICS}; keep lists in the model`,
    };
  }
  const kept: [string, number | null][] = [];
  const warnings: { code: string; message: string }[] = [];
  for (const [name, value] of entries) {
    if (name === "" || /\p{Cs}/u.test(name))
      return { problem: `${subject} has a member whose name is ${name === "" ? "empty" : "no text"}` };
    if (typeof value !== "number" && value !== null) {
      return { problem: `${subject}.${cellText(name)} is ${kindOf(value)}, must be a number or null` };
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
