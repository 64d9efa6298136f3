/** A chart of numbers, one after the other. */

import { make } from "./dom.js";

export interface Point {
  value: number;
  /** It is drawn as a cross: a run that failed. */
  isFailure?: boolean;
}

const WIDTH = 320;
const HEIGHT = 96;
const MARGIN = 8;
const SVG = "http://www.w3.org/2000/svg";

/** A chart with a caption that says the same in words. */
export function chart(title: string, unit: string, points: Point[]): HTMLElement {
  const show = (value: number): string => `${value.toLocaleString("en", { maximumFractionDigits: 3 })} ${unit}`.trim();
  const values = points.map(({ value }) => value);
  const last = values.at(-1);
  if (last === undefined) {
    return make("figure", {}, make("figcaption", {}, make("b", {}, title), " no values yet"));
  }
  const [lowest, highest] = [Math.min(...values), Math.max(...values)];
  const range = `lowest ${show(lowest)}, highest ${show(highest)}`;
  const svg = svgElement("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img" });
  svg.setAttribute("aria-label", `${title} of ${points.length}: ${range}, last ${show(last)}`);
  svg.append(...marks(points, lowest, highest));
  return make(
    "figure",
    {},
    make("figcaption", {}, make("b", {}, title), ` ${show(last)}`),
    svg,
    make("div", { className: "range" }, range),
  );
}

function marks(points: Point[], lowest: number, highest: number): SVGElement[] {
  const x = (at: number): number => MARGIN + ((WIDTH - 2 * MARGIN) * (at + 0.5)) / points.length;
  // Equal values are in the middle.
  const share = (value: number): number => (highest === lowest ? 0.5 : (value - lowest) / (highest - lowest));
  const y = (value: number): number => HEIGHT - MARGIN - (HEIGHT - 2 * MARGIN) * share(value);
  const places = points.map(({ value }, at) => `${x(at).toFixed(1)},${y(value).toFixed(1)}`);
  const line = svgElement("polyline", { points: places.join(" "), class: "line" });
  const dots = points.map(({ value, isFailure }, at) =>
    isFailure
      ? svgElement("path", { d: `M${x(at) - 4},${y(value) - 4}l8,8m0,-8l-8,8`, class: "cross" })
      : svgElement("circle", { cx: `${x(at)}`, cy: `${y(value)}`, r: points.length > 60 ? "1.5" : "3", class: "dot" }),
  );
  return [line, ...dots];
}

function svgElement(tag: string, attributes: Record<string, string>): SVGElement {
  const element = document.createElementNS(SVG, tag) as SVGElement;
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
}
