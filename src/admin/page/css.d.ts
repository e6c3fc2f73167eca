/** A style that a component brings along: the bundler gathers them into one file. */
declare module '*.css';
