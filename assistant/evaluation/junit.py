"""Gates as a JUnit file, which build servers list as tests."""

from xml.etree import ElementTree as ET

from assistant.evaluation.results import RunFolder
from assistant.readable import printable


def junit(run: RunFolder) -> str:
    """One test a gate, and one for the questions themselves, which fails where some could not be asked."""
    suite = ET.Element("testsuite", name="assistant evaluate", tests=str(len(run.gates) + 1))
    errors = run.errors
    _add(suite, "every question is answered or declined", not errors, f"{len(errors)} failed: {', '.join(errors[:20])}")
    for gate in run.gates:
        _add(suite, gate.condition, gate.passed, gate.message)
    suite.set("failures", str(len(suite.findall("testcase/failure"))))
    ET.indent(suite, " ")
    return ET.tostring(suite, encoding="unicode", xml_declaration=True) + "\n"


def _add(suite: ET.Element, name: str, passed: bool, message: str) -> None:
    case = ET.SubElement(suite, "testcase", classname="evaluation", name=printable(name))
    if not passed:
        ET.SubElement(case, "failure", message=printable(message))
