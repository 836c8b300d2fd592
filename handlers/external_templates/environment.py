"""What the templates of this architecture are told by their component."""

from __future__ import annotations

from dataclasses import dataclass

from handlers.shared.environment import Environment, variable


@dataclass(frozen=True, kw_only=True)
class TemplatesEnvironment(Environment):
    """bucket, prefix: where the templates are. template: the folder of all campaigns; empty: the one of the campaign's name.

    template_attribute: endpoint attribute that names another folder. language_field, default_language: path of the
    endpoint's language, and the one of endpoints without one. default_subject, default_html: where no template can be had.
    seconds: how long reading may take. fresh_seconds: how long a template is used before S3 is asked for a newer one.
    """

    application_id: str
    bucket: str = variable("TEMPLATES_BUCKET")
    prefix: str = variable("TEMPLATES_PREFIX", optional=True)
    template: str = variable("TEMPLATES_FOLDER", optional=True)
    template_attribute: str = variable("TEMPLATES_ATTRIBUTE", optional=True)
    language_field: str = variable("TEMPLATES_LANGUAGE_FIELD")
    default_language: str = variable("TEMPLATES_DEFAULT_LANGUAGE")
    default_subject: str = variable("TEMPLATES_DEFAULT_SUBJECT")
    default_html: str = variable("TEMPLATES_DEFAULT_HTML")
    seconds: float = variable("TEMPLATES_SECONDS")
    fresh_seconds: float = variable("TEMPLATES_FRESH_SECONDS")
