"""What the templates of this architecture are told by their component."""

from __future__ import annotations

from dataclasses import dataclass

from handlers.shared.environment import optional, required


@dataclass(frozen=True)
class TemplatesEnvironment:
    """bucket, prefix: where the templates are. template: the folder of all campaigns; empty: the one of the campaign's name.

    template_attribute: endpoint attribute that names another folder. language_field, default_language: path of the
    endpoint's language, and the one of endpoints without one. default_subject, default_html: where no template can be had.
    seconds: how long reading may take. fresh_seconds: how long a template is used before S3 is asked for a newer one.
    """

    application_id: str
    bucket: str
    prefix: str
    template: str
    template_attribute: str
    language_field: str
    default_language: str
    default_subject: str
    default_html: str
    seconds: float
    fresh_seconds: float

    @classmethod
    def read(cls) -> TemplatesEnvironment:
        return cls(
            application_id=required("APPLICATION_ID"),
            bucket=required("TEMPLATES_BUCKET"),
            prefix=optional("TEMPLATES_PREFIX"),
            template=optional("TEMPLATES_FOLDER"),
            template_attribute=optional("TEMPLATES_ATTRIBUTE"),
            language_field=required("TEMPLATES_LANGUAGE_FIELD"),
            default_language=required("TEMPLATES_DEFAULT_LANGUAGE"),
            default_subject=required("TEMPLATES_DEFAULT_SUBJECT"),
            default_html=required("TEMPLATES_DEFAULT_HTML"),
            seconds=float(required("TEMPLATES_SECONDS")),
            fresh_seconds=float(required("TEMPLATES_FRESH_SECONDS")),
        )
