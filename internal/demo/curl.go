package demo

import "strings"

// width is how long a line of the report may be; a word that is longer has a line for itself.
const width = 96

// quote writes a word for a shell.
func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

// commandLine sets the words of a command on as few lines as fit, each but the last with a backslash at its end.
func commandLine(words ...string) string {
	const end, indent = " \\", "  "
	line, lines := words[0], []string(nil)
	for _, w := range words[1:] {
		first, _, _ := strings.Cut(w, "\n")
		if len(line)+1+len(first)+len(end) > width {
			lines, line = append(lines, line), indent+w
			continue
		}
		line += " " + w
	}
	return strings.Join(append(lines, line), end+"\n")
}

// foldJSON breaks a JSON text behind commas, where a line would get too long. Only space between values is added.
func foldJSON(s string) string {
	const indent = "      " // "  -d '" is as wide
	var b strings.Builder
	start, comma, inString := 0, 0, false // of the line; behind the last comma on it
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case inString && c == '\\':
			i++
		case c == '"':
			inString = !inString
		case c == ',' && !inString:
			comma = i + 1
		}
		if len(indent)+i+1-start > width && comma > start {
			b.WriteString(s[start:comma] + "\n" + indent)
			start = comma
		}
	}
	b.WriteString(s[start:])
	return b.String()
}
