import type { Manifest } from "../index.ts";
import { quoteText } from "../key/quote-text.ts";
import { type Causes, readCauses } from "./causes.ts";
import { type ClassCount, classesText, readClasses } from "./class-counts.ts";
import {
  type DocumentHighlights,
  exampleTable,
  readDocumentHighlights,
  spreadTable,
} from "./document-highlights.ts";
import { fitTable } from "./fit-table.ts";
import { fitText, fitTold } from "./fit-text.ts";
import { formatCount, formatQuantity } from "./format-number.ts";
import { formatBytes, formatDuration } from "./format-unit.ts";
import {
  type FitRow,
  type Highlights,
  onlyFeature,
  readHighlights,
  SHOWN_FITS,
  scoreMetric,
} from "./highlights.ts";
import { type LineLayout, labelledLines } from "./labelled-lines.ts";
import { type NextSteps, nextSteps, wholeModelStep } from "./next-steps.ts";
import { type PartitionRecord, streamRecords } from "./partition-records.ts";
import { documentLines } from "./partition-text.ts";
import { pathText } from "./path-text.ts";
import { rulesOfRun, ruleTexts } from "./rule-text.ts";
import type { CommittedRun, RunArgument } from "./run-argument.ts";
import { lineText } from "./safe-text.ts";
import { causeSections, headlines, r2Lines } from "./summary-text.ts";
import { readTerms, type TermRow, termTable } from "./term-table.ts";

/** Hexadecimal digits of a digest that tell runs apart at a glance. */
const DIGEST_DIGITS = 16;
/** Source files that are named. */
const SHOWN_FILES = 3;

/** What is read of a committed run to show it. */
export interface RunView {
  readonly committed: CommittedRun;
  readonly causes: Causes;
  readonly highlights: Highlights;
  readonly documents: DocumentHighlights;
  /** The terms of the one model of a run that has a single partition. */
  readonly terms: readonly TermRow[];
  /** The one partition of a run whose model is a document; null for all other runs. */
  readonly only: PartitionRecord | null;
  /** Classes of the models; none but of Python's. */
  readonly classes: readonly ClassCount[];
}

/** Reads what {@link resultLines} and {@link runLines} show. */
export async function readRunView(committed: CommittedRun): Promise<RunView> {
  const { run, manifest } = committed;
  const { keys, resultSchema, job } = manifest;
  const causes = await readCauses({ run, keys, resultSchema, job });
  const highlights = await readHighlights(committed);
  const documents = await readDocumentHighlights(committed);
  const isOne = manifest.counts.partitions === 1;
  const terms = isOne ? await readTerms(run, 0) : [];
  const only = isOne && manifest.resultSchema.form === "document" ? await readOnly(committed) : null;
  const classes = await readClasses(committed);
  return { committed, causes, highlights, documents, terms, only, classes };
}

async function readOnly(committed: CommittedRun): Promise<PartitionRecord | null> {
  for await (const [record] of streamRecords(committed, { limit: 1 })) return record ?? null;
  return null;
}

/** The result of a run that has just been committed, for a person. */
export function resultLines(view: RunView, argument: RunArgument, layout: LineLayout): string[] {
  const { run, manifest } = view.committed;
  return sections([
    headlines(manifest, layout),
    ...causeSections(view.causes, manifest.keys, layout),
    ...fitSections(view, argument, layout),
    labelledLines(
      [
        ["run", pathText(run.folder)],
        ["digest", digestText(manifest)],
      ],
      layout,
    ),
    nextSection(view, { ...argument, done: "trained" }, layout),
  ]);
}

/** A run that is shown, as it was asked for. */
export interface ShownRun extends RunArgument {
  /** Whether its files were checked, too. */
  readonly isVerified: boolean;
}

/** A committed run with all that its manifest says, for a person. */
export function runLines(view: RunView, { isVerified, ...argument }: ShownRun, layout: LineLayout): string[] {
  const { manifest } = view.committed;
  const { r2, best } = view.highlights;
  const isBestShown = manifest.counts.states.fitted > SHOWN_FITS;
  return sections([
    [layout.style.strong(`run ${lineText(manifest.run)}`), ...labelledLines(jobEntries(manifest), layout)],
    headlines(manifest, layout),
    ...causeSections(view.causes, manifest.keys, layout),
    r2 === null || r2.count < 2 ? [] : r2Lines(r2, layout),
    ...fitSections(view, argument, layout),
    isBestShown ? fitSection("best fit", best, view, layout) : [],
    [layout.style.strong("made"), ...labelledLines(originEntries(view), layout)],
    nextSection(view, { ...argument, done: isVerified ? "verified" : "shown" }, layout),
  ]);
}

function sections(all: readonly (readonly string[])[]): string[] {
  return all.filter((lines) => lines.length > 0).flatMap((lines, i) => (i === 0 ? lines : ["", ...lines]));
}

function fitSections(view: RunView, argument: RunArgument, layout: LineLayout): string[][] {
  const { steepest, worst } = view.highlights;
  const { counts, resultSchema } = view.committed.manifest;
  if (resultSchema.form === "document") return documentSections(view, argument, layout);
  if (view.terms.length > 0) return [[layout.style.strong("model"), ...termTable(view.terms, layout)]];
  // Two orders of the same few partitions would say one thing twice.
  if (counts.states.fitted <= SHOWN_FITS) {
    return [fitSection("fits", steepest.length > 0 ? steepest : worst, view, layout)];
  }
  return [fitSection("steepest", steepest, view, layout), fitSection("worst fit", worst, view, layout)];
}

function documentSections(view: RunView, argument: RunArgument, layout: LineLayout): string[][] {
  const { committed, documents, highlights, only } = view;
  const { manifest } = committed;
  if (only !== null) {
    return documentLines(manifest, only, {
      ...layout,
      wholeModel: wholeModelStep(manifest, only.key, argument),
    });
  }
  const { strong, faint } = layout.style;
  const score = scoreMetric(manifest);
  const { spreads, examples } = documents;
  const metrics = spreads.length === 0 ? [] : [strong("metrics"), ...spreadTable(manifest, spreads, layout)];
  const heading = manifest.counts.states.fitted > SHOWN_FITS ? "worst fit" : "fits";
  const among = manifest.counts.states.fitted > examples.length ? faint(": the first, by key") : "";
  return [
    score === null ? metrics : fitSection(heading, highlights.worst, view, layout),
    examples.length === 0 ? [] : [strong("models") + among, ...exampleTable(manifest, examples, layout)],
  ];
}

function fitSection(heading: string, fits: readonly FitRow[], view: RunView, layout: LineLayout): string[] {
  if (fits.length === 0) return [];
  const { manifest } = view.committed;
  const target = manifest.job.trainerColumns?.target;
  const feature = onlyFeature(manifest);
  const isBySlope = heading === "steepest" && feature !== null && typeof target === "string";
  const by = isBySlope ? layout.style.faint(` slope: ${quoteText(target)} per ${quoteText(feature)}`) : "";
  return [layout.style.strong(heading) + by, ...fitTable(manifest, fits, layout)];
}

function nextSection(
  { committed, highlights, documents }: RunView,
  argument: Omit<NextSteps, "examples">,
  { style }: LineLayout,
): string[] {
  const examples = [...highlights.worst, ...highlights.steepest, ...documents.examples].map((fit) => fit.key);
  const steps = nextSteps(committed.manifest, { ...argument, examples });
  return [style.strong("what next"), ...steps.map((step) => `  ${step}`)];
}

function jobEntries(manifest: Manifest): [string, string][] {
  const { job, sources } = manifest;
  const bytes = sources.reduce((sum, file) => sum + file.bytes, 0);
  const files = sources.slice(0, SHOWN_FILES).map((file) => pathText(file.path));
  const more = sources.length - files.length;
  const named = files.join(", ") + (more > 0 ? ` and ${formatCount(more)} more` : "");
  const where = job.source.where;
  const types = Object.entries(job.source.types);
  const rules = ruleTexts(rulesOfRun(manifest));
  return [
    [
      "source",
      sources.length === 0 ? lineText(job.source.paths.join(", ")) : `${named} (${formatBytes(bytes)})`,
    ],
    ...(where === null ? [] : [["where", lineText(where)] as [string, string]]),
    ...(types.length === 0
      ? []
      : [
          ["types", types.map(([name, type]) => `${quoteText(name)}=${type}`).join(", ")] as [string, string],
        ]),
    ["by", partitioningText(manifest)],
    ["fit", fitText(fitTold(manifest))],
    ...(rules.length === 0 ? [] : [["rules", rules.join("; ")] as [string, string]]),
  ];
}

function partitioningText({ job, keys }: Manifest): string {
  if (job.partitioning.kind === "pooled") return "nothing: all rows are one partition (pooled)";
  const names = keys.map(keyText).join(", ");
  return job.partitioning.kind === "file" ? `${names}: one model per file` : names;
}

function keyText({ name, type, column }: Manifest["keys"][number]): string {
  const stored = column === name ? "" : `, in the tables ${quoteText(column)}`;
  return `${quoteText(name)} (${type}${stored})`;
}

function originEntries({ committed: { run, manifest }, classes }: RunView): [string, string][] {
  const { environment: made, phaseMs, durationMs, files, job } = manifest;
  const phases = Object.entries(phaseMs).map(([phase, ms]) => `${phase} ${formatDuration(ms)}`);
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  const models: [string, string][] = classes.length === 0 ? [] : [["models", classesText(classes)]];
  return [
    ...models,
    ["at", `${manifest.committedAt}, in ${formatDuration(durationMs)} (${phases.join(", ")})`],
    [
      "on",
      `${made.engine}, ${formatQuantity(made.workers, "worker")}, ${formatQuantity(made.cores, "core")}, ${made.platform}`,
    ],
    ["with", `manyfit ${made.manyfit}, Node.js ${made.node}, DuckDB ${made.duckdb}, seed ${job.seed}`],
    ["in", `${pathText(run.folder)} (${formatQuantity(files.length, "file")}, ${formatBytes(bytes)})`],
    ["digest", digestText(manifest)],
  ];
}

function digestText({ digest, job }: Manifest): string {
  const ofPredictions = job.module?.python?.digestScope === "predictions" ? " (of predictions)" : "";
  return `${digest.slice(0, DIGEST_DIGITS)}…${ofPredictions}`;
}
