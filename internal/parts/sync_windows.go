package parts

// syncFolder has nothing to do: names are durable with the file.
func syncFolder(string) error { return nil }
