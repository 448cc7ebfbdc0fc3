package server

// Crowded is what a connection too many is told.
const Crowded = crowded
