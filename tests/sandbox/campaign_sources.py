"""A campaign's figures in a running sandbox, as each of those tells them whom a person may ask."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sandbox.folder import REPOSITORY
from tests.sandbox import campaign_figures
from tests.sandbox.campaign_figures import Figures, differences
from tests.sandbox.engagement_command import engagement
from tests.sandbox.events import rows

QUERY = (REPOSITORY / "docs" / "examples" / "campaign-results.sql").read_text()


@dataclass(frozen=True)
class Sources:
    """folder: for the report."""

    sandbox: Any
    campaign: str
    folder: Path

    def sql(self) -> Figures:
        """The event database's."""
        found = [row for row in rows(self.sandbox, QUERY) if row["pinpoint_campaign_id"] == self.campaign]
        assert len(found) == 1
        return campaign_figures.of_sql(found[0])

    def results(self) -> dict[str, Any]:
        """`engagement campaign results`."""
        return json.loads(engagement(self.sandbox, self.folder, "campaign", "results", self.campaign, "--json"))

    def report(self) -> Figures:
        """`engagement report`."""
        file = self.folder / "report.html"
        engagement(self.sandbox, self.folder, "report", self.campaign, "--output", str(file))
        return campaign_figures.of_report(file.read_text(encoding="utf-8"))

    def kpis(self) -> Figures:
        """GetCampaignDateRangeKpi."""

        def rows_of(name: str) -> list[dict[str, Any]]:
            given = {"ApplicationId": self.sandbox.application_id, "CampaignId": self.campaign, "KpiName": name}
            answer = self.sandbox.pinpoint.get_campaign_date_range_kpi(**given)["CampaignDateRangeKpiResponse"]
            return answer["KpiResult"]["Rows"]

        return campaign_figures.of_kpis(rows_of)

    def disagreements(self) -> dict[str, Any]:
        """Where the three others tell other than SQL; and where more were told of than handed over, or fewer."""
        sql, results = self.sql(), self.results()
        others = {"results": campaign_figures.of_results(results), "report": self.report(), "metrics": self.kpis()}
        found = {name: differences(sql, told) for name, told in others.items()}
        found["handed over"] = differences(sql, {"sent": float(results["Sent"])})
        return {name: different for name, different in found.items() if different}
