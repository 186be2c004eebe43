"""Prints the outline of the Python files of a folder as JSON, for the rules of `python-rules.ts`."""

import ast
import json
import sys
from pathlib import Path

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def main() -> None:
    folder = Path(sys.argv[1])
    print(json.dumps([outline_of(path, folder) for path in sorted(folder.rglob("*.py"))]))


def outline_of(path: Path, folder: Path) -> dict:
    text = path.read_text(encoding="utf-8")
    tree = ast.parse(text)
    members: list[dict] = []
    collect(tree, "", True, members)
    return {
        "path": path.relative_to(folder).as_posix(),
        "lines": len(text.splitlines()),
        "hasDoc": ast.get_docstring(tree) is not None,
        "imports": sorted(imports_of(tree)),
        "members": members,
    }


def collect(node: ast.AST, prefix: str, is_public: bool, members: list[dict]) -> None:
    """Functions, methods and classes, wherever they are. What is within a function is nobody else's."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, (*FUNCTIONS, ast.ClassDef)):
            name = prefix + child.name
            is_known = is_public and not child.name.startswith("_")
            members.append(
                {
                    "name": name,
                    "line": child.lineno,
                    "lines": child.end_lineno - child.lineno + 1,
                    "kind": "class" if isinstance(child, ast.ClassDef) else "function",
                    "parameters": 0 if isinstance(child, ast.ClassDef) else parameters_of(child, node),
                    "isPublic": is_known,
                    "hasDoc": ast.get_docstring(child) is not None,
                }
            )
            collect(child, f"{name}.", is_known and isinstance(child, ast.ClassDef), members)
        else:
            collect(child, prefix, is_public, members)


def parameters_of(function: ast.FunctionDef, parent: ast.AST) -> int:
    given = function.args
    count = len(given.posonlyargs) + len(given.args) + len(given.kwonlyargs)
    decorators = [decorator.id for decorator in function.decorator_list if isinstance(decorator, ast.Name)]
    is_method = isinstance(parent, ast.ClassDef) and "staticmethod" not in decorators
    return count + (given.vararg is not None) + (given.kwarg is not None) - is_method


def imports_of(node: ast.AST) -> set[str]:
    """Modules that are loaded, also within functions; those for types alone are not."""
    if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
        return set()
    found = set()
    if isinstance(node, ast.Import):
        found |= {alias.name for alias in node.names}
    if isinstance(node, ast.ImportFrom):
        found.add("." * node.level + (node.module or ""))
    for child in ast.iter_child_nodes(node):
        found |= imports_of(child)
    return found


main()
