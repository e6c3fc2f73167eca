import { tags } from '../dicom/dictionary/tags.ts';

/** Levels of the Query/Retrieve information models, from the top — PS3.4 §C.6.1.1, §C.6.2.1. */
export const LEVELS = ['PATIENT', 'STUDY', 'SERIES', 'IMAGE'] as const;
export type Level = (typeof LEVELS)[number];

/**
 * Attributes that the catalogue keeps, and at which level: required and unique keys of PS3.4 Tables C.6-1 to C.6-5, optional keys, and
 * what viewers are known to ask for. Each is kept at one level, the highest at which somebody asks for it; a level
 * answers with its own attributes and those above. Text is Unicode by the time it comes here, so (0008,0005) is not kept: whoever
 * answers a query chooses a character set anew.
 */
const KEPT = {
  PATIENT: [
    tags.PatientName,
    tags.PatientID,
    tags.IssuerOfPatientID,
    tags.TypeOfPatientID,
    tags.IssuerOfPatientIDQualifiersSequence,
    tags.PatientBirthDate,
    tags.PatientBirthTime,
    tags.PatientSex,
    tags.OtherPatientIDs,
    tags.OtherPatientNames,
    tags.OtherPatientIDsSequence,
    tags.EthnicGroup,
    tags.PatientComments,
    tags.PatientSpeciesDescription,
    tags.PatientBreedDescription,
    tags.ResponsiblePerson,
    tags.PatientIdentityRemoved,
    tags.DeidentificationMethod,
    tags.ClinicalTrialSponsorName,
    tags.ClinicalTrialProtocolID,
    tags.ClinicalTrialSubjectID,
    tags.QualityControlSubject,
    tags.ReferencedPatientSequence,
  ],
  STUDY: [
    tags.StudyInstanceUID,
    tags.StudyDate,
    tags.StudyTime,
    tags.AccessionNumber,
    tags.IssuerOfAccessionNumberSequence,
    tags.StudyID,
    tags.StudyDescription,
    tags.ReferringPhysicianName,
    tags.PhysiciansOfRecord,
    tags.NameOfPhysiciansReadingStudy,
    tags.ConsultingPhysicianName,
    tags.AdmittingDiagnosesDescription,
    tags.ProcedureCodeSequence,
    tags.ReferencedStudySequence,
    tags.TimezoneOffsetFromUTC,
    tags.PatientAge,
    tags.PatientSize,
    tags.PatientWeight,
    tags.Occupation,
    tags.AdditionalPatientHistory,
    tags.MedicalAlerts,
    tags.Allergies,
    tags.PregnancyStatus,
    tags.AdmissionID,
    tags.CurrentPatientLocation,
    // Of a series by the standard; Horos and others ask for them in their list of studies.
    tags.InstitutionName,
    tags.PerformingPhysicianName,
    tags.RequestedProcedureDescription,
    tags.RequestingPhysician,
    tags.RequestingService,
    tags.StudyComments,
    tags.StudyStatusID,
    tags.StudyPriorityID,
    tags.ReasonForStudy,
    tags.InterpretationStatusID,
  ],
  SERIES: [
    tags.SeriesInstanceUID,
    tags.Modality,
    tags.SeriesNumber,
    tags.SeriesDate,
    tags.SeriesTime,
    tags.SeriesDescription,
    tags.SeriesDescriptionCodeSequence,
    tags.BodyPartExamined,
    tags.AnatomicRegionSequence,
    tags.Laterality,
    tags.ProtocolName,
    tags.PatientPosition,
    tags.OperatorsName,
    tags.Manufacturer,
    tags.ManufacturerModelName,
    tags.StationName,
    tags.InstitutionalDepartmentName,
    tags.InstitutionAddress,
    tags.DeviceSerialNumber,
    tags.SoftwareVersions,
    tags.PerformedProcedureStepStartDate,
    tags.PerformedProcedureStepStartTime,
    tags.PerformedProcedureStepEndDate,
    tags.PerformedProcedureStepEndTime,
    tags.PerformedProcedureStepID,
    tags.PerformedProcedureStepDescription,
    tags.PerformedStationAETitle,
    tags.PerformedProtocolCodeSequence,
    tags.CommentsOnThePerformedProcedureStep,
    tags.ReferencedPerformedProcedureStepSequence,
    tags.RequestAttributesSequence,
    tags.RequestedProcedureID,
    tags.ScheduledProcedureStepID,
    tags.PresentationIntentType,
    tags.FrameOfReferenceUID,
    tags.ScanningSequence,
    tags.SequenceName,
    tags.ContrastBolusAgent,
    tags.ConversionType,
  ],
  IMAGE: [
    tags.SOPInstanceUID,
    tags.SOPClassUID,
    tags.InstanceNumber,
    tags.ContentDate,
    tags.ContentTime,
    tags.AcquisitionDate,
    tags.AcquisitionTime,
    tags.AcquisitionDateTime,
    tags.AcquisitionNumber,
    tags.InstanceCreationDate,
    tags.InstanceCreationTime,
    tags.ImageType,
    tags.NumberOfFrames,
    tags.Rows,
    tags.Columns,
    tags.BitsAllocated,
    tags.BitsStored,
    tags.SamplesPerPixel,
    tags.PhotometricInterpretation,
    tags.SliceThickness,
    tags.SliceLocation,
    tags.ImagePositionPatient,
    tags.ImageOrientationPatient,
    tags.PixelSpacing,
    tags.ImageComments,
    tags.ImageLaterality,
    tags.ViewPosition,
    tags.ContentLabel,
    tags.ContentDescription,
    tags.PresentationCreationDate,
    tags.PresentationCreationTime,
    tags.ContentCreatorName,
    tags.CompletionFlag,
    tags.VerificationFlag,
    tags.RelatedGeneralSOPClassUID,
    tags.ConceptNameCodeSequence,
    tags.ContentTemplateSequence,
    tags.ContainerIdentifier,
    tags.SpecimenDescriptionSequence,
    tags.VerifyingObserverSequence,
    tags.ObservationDateTime,
    tags.DocumentTitle,
    tags.MIMETypeOfEncapsulatedDocument,
    tags.ReferencedSeriesSequence,
    tags.ReferencedRequestSequence,
    tags.TemporalPositionIdentifier,
    tags.LossyImageCompression,
    tags.RecommendedDisplayFrameRate,
  ],
} as const;

/** Attributes that no instance carries: PS3.4 §C.3.4 and Tables C.6-1 to C.6-5. */
const COMPUTED = {
  PATIENT: [
    tags.NumberOfPatientRelatedStudies,
    tags.NumberOfPatientRelatedSeries,
    tags.NumberOfPatientRelatedInstances,
  ],
  STUDY: [
    tags.ModalitiesInStudy,
    tags.SOPClassesInStudy,
    tags.NumberOfStudyRelatedSeries,
    tags.NumberOfStudyRelatedInstances,
  ],
  SERIES: [tags.NumberOfSeriesRelatedInstances],
  IMAGE: [tags.AvailableTransferSyntaxUID],
} as const;

/** What the reader of a data set collects: the top-level elements that `index` wants in `InstanceArrival.attributes`. */
export const keptTags: ReadonlySet<number> = new Set(LEVELS.flatMap((level): number[] => [...KEPT[level]]));

const levelByTag = new Map<number, Level>(
  LEVELS.flatMap((level) => [...KEPT[level], ...COMPUTED[level]].map((tag): [number, Level] => [tag, level])),
);

/** The level that a query answers this attribute from; `undefined` for one that the catalogue neither keeps nor computes. */
export function levelOf(tag: number): Level | undefined {
  return levelByTag.get(tag);
}

/** Whether a query at `level` can answer and match the attribute: it belongs to that level or to one above. */
export function isSupportedAt(tag: number, level: Level): boolean {
  const own = levelOf(tag);
  return own !== undefined && LEVELS.indexOf(own) <= LEVELS.indexOf(level);
}
