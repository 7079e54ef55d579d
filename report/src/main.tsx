// Starts the page on the data that the program wrote into it.
import { render } from "preact";
import { App } from "./App";
import { Report, type ReportData } from "./data";

function start(): void {
  const source = document.getElementById("cocal-data");
  const root = document.getElementById("cocal");
  if (!source || !root) return;
  const data = JSON.parse(source.textContent ?? "") as ReportData;
  source.textContent = "";
  if (data.version !== 1 || data.years.length === 0 || data.places.length === 0) return;
  root.replaceChildren();
  render(<App report={new Report(data)} />, root);
}

start();
