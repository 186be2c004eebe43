import { checkSource } from "../conformance/check-source.ts";

checkSource("of one CSV file", { format: "csv", files: 1 });
checkSource("of seven gzip CSV files", { format: "csv.gz", files: 7 });
checkSource("of three TSV files", { format: "tsv", files: 3 });
checkSource("of one NDJSON file", { format: "ndjson", files: 1 });
checkSource("of four gzip NDJSON files", { format: "jsonl.gz", files: 4 });
checkSource("of one Parquet file", { format: "parquet", files: 1 });
checkSource("of five Parquet files", { format: "parquet", files: 5 });
