import type { Builder } from "@grafana/grafana-foundation-sdk/cog";
import {
  type AnnotationQuery,
  type Dashboard,
  DashboardBuilder,
  DashboardCursorSync,
  DashboardLinkBuilder,
  DashboardLinkType,
  type Panel,
  RowBuilder,
  type VariableModel,
} from "@grafana/grafana-foundation-sdk/dashboard";

/** A dashboard: what is at its top, and its panels in reading order, in rows where they have names. */
export interface Page {
  readonly uid: string;
  readonly title: string;
  readonly says: string;
  readonly tags: readonly string[];
  readonly from: string;
  readonly refresh: string;
  readonly variables: readonly Builder<VariableModel>[];
  readonly annotations?: readonly Builder<AnnotationQuery>[];
  readonly panels: readonly (Builder<Panel> | string)[];
}

/**
 * Builds it as Grafana's JSON. Panels are numbered by their place, so that the same source makes the same file. It is
 * read-only: what is changed in Grafana would be gone at the next start.
 */
export function buildPage(page: Page): Dashboard {
  const builder = new DashboardBuilder(page.title)
    .uid(page.uid)
    .description(page.says)
    .tags([...page.tags])
    .readonly()
    .timezone("browser")
    .tooltip(DashboardCursorSync.Crosshair)
    .time({ from: page.from, to: "now" })
    .refresh(page.refresh)
    .variables([...page.variables])
    .annotations([...(page.annotations ?? [])])
    .link(
      new DashboardLinkBuilder("Focus")
        .type(DashboardLinkType.Dashboards)
        .tags([page.tags[0]!])
        .asDropdown(true)
        .includeVars(true)
        .keepTime(false),
    );
  let id = 0;
  for (const panel of page.panels) {
    id += 1;
    if (typeof panel === "string") builder.withRow(new RowBuilder(panel).id(id));
    else builder.withPanel(numbered(panel, id));
  }
  return builder.build();
}

const numbered = (panel: Builder<Panel>, id: number): Builder<Panel> => ({
  build: () => ({ ...panel.build(), id }),
});
