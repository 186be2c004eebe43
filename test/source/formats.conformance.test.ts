import { checkSource } from "../conformance/check-source.ts";

checkSource("of one CSV file", { format: "csv", files: 1 });
checkSource("of seven gzip CSV files", { format: "csv.gz", files: 7 });
checkSource("of one Parquet file", { format: "parquet", files: 1 });
checkSource("of five Parquet files", { format: "parquet", files: 5 });
