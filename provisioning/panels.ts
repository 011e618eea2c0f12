import { PanelBuilder as BarChart } from "@grafana/grafana-foundation-sdk/barchart";
import { PanelBuilder as BarGauge } from "@grafana/grafana-foundation-sdk/bargauge";
import {
  BarGaugeDisplayMode,
  BarGaugeValueMode,
  BigValueColorMode,
  BigValueGraphMode,
  BigValueJustifyMode,
  BigValueTextMode,
  GraphDrawStyle,
  GraphThresholdsStyleConfigBuilder,
  GraphThresholdsStyleMode,
  LegendDisplayMode,
  LegendPlacement,
  LineInterpolation,
  ReduceDataOptionsBuilder,
  SortOrder,
  StackingConfigBuilder,
  StackingMode,
  TableCellBackgroundDisplayMode,
  TableCellDisplayMode,
  TimelineValueAlignment,
  TooltipDisplayMode,
  VisibilityMode,
  VizLegendOptionsBuilder,
  VizOrientation,
  VizTextDisplayOptionsBuilder,
  VizTooltipOptionsBuilder,
} from "@grafana/grafana-foundation-sdk/common";
import { FieldColorBuilder, FieldColorModeId } from "@grafana/grafana-foundation-sdk/dashboard";
import { PanelBuilder as Histogram } from "@grafana/grafana-foundation-sdk/histogram";
import { PanelBuilder as Stat } from "@grafana/grafana-foundation-sdk/stat";
import { PanelBuilder as StateTimeline } from "@grafana/grafana-foundation-sdk/statetimeline";
import { PanelBuilder as Table } from "@grafana/grafana-foundation-sdk/table";
import { PanelBuilder as Text, TextMode } from "@grafana/grafana-foundation-sdk/text";
import { PanelBuilder as TimeSeries } from "@grafana/grafana-foundation-sdk/timeseries";
import { type About, dress } from "./about.ts";
import { COLOURS } from "./look.ts";

/** A number, or a word for it, large enough for the back of the room. `fields`: which columns, as a regex. */
export function figure(
  about: About & {
    readonly show?: string;
    readonly size?: number;
    readonly names?: boolean;
    readonly calc?: string;
  },
): Stat {
  const panel = dress(new Stat(), about)
    .reduceOptions(
      new ReduceDataOptionsBuilder()
        .values(false)
        // `last`, not `lastNotNull`: an unknown now must not be covered by what was known before.
        .calcs([about.calc ?? "last"])
        .fields(about.show ?? ""),
    )
    .graphMode(BigValueGraphMode.None)
    .colorMode(about.mappings || about.steps ? BigValueColorMode.BackgroundSolid : BigValueColorMode.Value)
    .justifyMode(BigValueJustifyMode.Center)
    .orientation(VizOrientation.Vertical)
    .textMode(about.names ? BigValueTextMode.ValueAndName : BigValueTextMode.Value)
    .wideLayout(false)
    .showPercentChange(false)
    .colorScheme(new FieldColorBuilder().mode(FieldColorModeId.Thresholds));
  if (about.size) panel.text(new VizTextDisplayOptionsBuilder().valueSize(about.size));
  return panel;
}

/** Lines over time. What is unknown is a gap; nothing is drawn through it. */
export function lines(
  about: About & {
    readonly stacked?: "normal" | "percent";
    readonly bars?: boolean;
    /** Fill the space between these two: the interval. */
    readonly band?: { readonly high: string; readonly low: string };
    readonly threshold?: boolean;
  },
): TimeSeries {
  const panel = dress(new TimeSeries(), about)
    .drawStyle(about.bars ? GraphDrawStyle.Bars : GraphDrawStyle.Line)
    .lineInterpolation(LineInterpolation.Linear)
    .lineWidth(about.bars || about.stacked ? 0 : 2)
    .fillOpacity(about.bars ? 80 : about.stacked ? 70 : 0)
    .showPoints(about.bars || about.stacked ? VisibilityMode.Never : VisibilityMode.Auto)
    .pointSize(4)
    .spanNulls(false)
    .colorScheme(new FieldColorBuilder().mode(FieldColorModeId.PaletteClassic))
    .legend(
      new VizLegendOptionsBuilder()
        .displayMode(LegendDisplayMode.List)
        .placement(LegendPlacement.Bottom)
        .showLegend(true),
    )
    .tooltip(new VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Multi).sort(SortOrder.None));
  if (about.stacked)
    panel.stacking(
      new StackingConfigBuilder()
        .mode(about.stacked === "percent" ? StackingMode.Percent : StackingMode.Normal)
        .group("A"),
    );
  if (about.threshold)
    panel.thresholdsStyle(new GraphThresholdsStyleConfigBuilder().mode(GraphThresholdsStyleMode.Dashed));
  if (about.band) {
    const faint = [
      { id: "custom.lineWidth", value: 0 },
      { id: "custom.showPoints", value: "never" },
      { id: "color", value: { mode: "fixed", fixedColor: COLOURS.focus } },
    ];
    panel
      .overrideByName(about.band.low, faint)
      .overrideByName(about.band.high, [
        ...faint,
        { id: "custom.fillBelowTo", value: about.band.low },
        { id: "custom.fillOpacity", value: 18 },
      ]);
  }
  return panel;
}

/** Words, or numbers with words for them, as bands over time. `silence`: after so many milliseconds without, a gap. */
export const bands = (about: About & { readonly silence?: number }): StateTimeline => {
  const panel = dress(new StateTimeline(), about)
    .showValue(VisibilityMode.Auto)
    .mergeValues(true)
    .alignValue(TimelineValueAlignment.Left)
    .rowHeight(0.85)
    .lineWidth(0)
    .fillOpacity(75)
    .spanNulls(false)
    .colorScheme(new FieldColorBuilder().mode(FieldColorModeId.PaletteClassic))
    .legend(new VizLegendOptionsBuilder().showLegend(false).displayMode(LegendDisplayMode.List))
    .tooltip(new VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Single));
  return about.silence === undefined ? panel : panel.insertNulls(about.silence);
};

/** One bar for each column. */
export const gauges = (about: About & { readonly show?: string }): BarGauge =>
  dress(new BarGauge(), about)
    .reduceOptions(
      new ReduceDataOptionsBuilder()
        .values(false)
        .calcs(["last"])
        .fields(about.show ?? ""),
    )
    .orientation(VizOrientation.Horizontal)
    .displayMode(BarGaugeDisplayMode.Basic)
    .valueMode(BarGaugeValueMode.Text)
    .showUnfilled(true);

/** Bars side by side, by the column `across`. */
export const compared = (about: About & { readonly across: string }): BarChart =>
  dress(new BarChart(), about)
    .xField(about.across)
    .orientation(VizOrientation.Vertical)
    .showValue(VisibilityMode.Always)
    .stacking(StackingMode.None)
    .groupWidth(0.7)
    .barWidth(0.9)
    .fillOpacity(80)
    .lineWidth(0)
    .colorScheme(new FieldColorBuilder().mode(FieldColorModeId.PaletteClassic))
    .legend(
      new VizLegendOptionsBuilder()
        .displayMode(LegendDisplayMode.List)
        .placement(LegendPlacement.Bottom)
        .showLegend(true),
    );

export const distribution = (about: About & { readonly bucket: number }): Histogram =>
  dress(new Histogram(), about)
    .bucketSize(about.bucket)
    .combine(true)
    .fillOpacity(75)
    .lineWidth(0)
    .colorScheme(new FieldColorBuilder().mode(FieldColorModeId.Fixed).fixedColor(COLOURS.focus));

/** `coloured`: each cell in the colour of its step. */
export const table = (about: About & { readonly coloured?: boolean }): Table => {
  const panel = dress(new Table(), about).showHeader(true);
  if (!about.coloured) return panel;
  return panel
    .colorScheme(new FieldColorBuilder().mode(FieldColorModeId.Thresholds))
    .cellOptions({ type: TableCellDisplayMode.ColorBackground, mode: TableCellBackgroundDisplayMode.Basic });
};

/** Words of ours, in Markdown. */
export const note = (about: Pick<About, "title" | "says" | "width" | "height"> & { text: string }): Text =>
  new Text()
    .title(about.title)
    .description(about.says)
    .span(about.width)
    .height(about.height)
    .mode(TextMode.Markdown)
    .content(about.text);
